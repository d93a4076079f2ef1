import { describe, expect, test } from "bun:test";
import { fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { orderDecider } from "./decide.ts";
import type { OrderContent, OrderEvent } from "./events.ts";

const free: OrderContent = {
  customer: "Alice",
  lines: [{ name: "pen", quantity: 1 }],
  amount: 0,
  written: { orderId: "order-1", customer: "Alice", items: ["pen"] },
};
const paid: OrderContent = {
  customer: "user123",
  lines: [{ productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 1999 }],
  amount: 3998,
  written: {
    userId: "user123",
    products: [{ id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 }],
    totalAmount: 39.98,
  },
};

describe("a change of the customer", () => {
  test("keeps everything else", () => {
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", customer: "Bob", written: { customer: "Bob" } })
      .then([
        changed({
          ...free,
          customer: "Bob",
          written: { orderId: "order-1", customer: "Bob", items: ["pen"] },
        }),
      ]);
  });
  test("in another dialect's word leaves that word alone standing", () => {
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", customer: "7", written: { userId: 7 } })
      .then([
        changed({ ...free, customer: "7", written: { orderId: "order-1", userId: 7, items: ["pen"] } }),
      ]);
  });
  test("can take the customer away", () => {
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", customer: null, written: {} })
      .then([changed({ ...free, customer: null, written: { orderId: "order-1", items: ["pen"] } })]);
  });
});

describe("a change of the lines", () => {
  test("in another dialect replaces all words for lines", () => {
    const written = { product: "Laptop", quantity: 3 };
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", lines: [{ name: "Laptop", quantity: 3 }], written })
      .then([
        changed({
          ...free,
          lines: [{ name: "Laptop", quantity: 3 }],
          written: { orderId: "order-1", customer: "Alice", ...written },
        }),
      ]);
  });
  test("without prices keeps the amount", () => {
    given(orderDecider, [created(paid)])
      .when({ type: "ChangeOrder", lines: free.lines, written: { items: ["pen"] } })
      .then([
        changed({
          ...paid,
          lines: free.lines,
          written: { userId: "user123", totalAmount: 39.98, items: ["pen"] },
        }),
      ]);
  });
  test("where one line has no price keeps the amount", () => {
    const lines = [
      { name: "pen", quantity: 1, unitPrice: 100 },
      { name: "gift", quantity: 1 },
    ];
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", lines, written: { lines: [] } })
      .then([changed({ ...free, lines, written: { orderId: "order-1", customer: "Alice", lines: [] } })]);
  });
  test("with prices brings their exact sum, in place of the amount that was written", () => {
    const order: OrderContent = { ...free, written: { items: ["pen"], amount: 0 } };
    const lines = [
      { name: "pen", quantity: 3, unitPrice: 10 },
      { name: "ink", quantity: 1, unitPrice: 20 },
    ];
    given(orderDecider, [created(order)])
      .when({ type: "ChangeOrder", lines, written: { lines: "as sent" } })
      .then([changed({ ...order, lines, amount: 50, written: { lines: "as sent" } })]);
  });
  test("is overruled by an amount named beside it", () => {
    const lines = [{ name: "pen", quantity: 3, unitPrice: 10 }];
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", lines, amount: 25, written: { lines: "as sent", amount: 0.25 } })
      .then([
        changed({
          ...free,
          lines,
          amount: 25,
          written: { orderId: "order-1", customer: "Alice", lines: "as sent", amount: 0.25 },
        }),
      ]);
  });
  test("to the same lines keeps an amount that is not their sum", () => {
    const discounted: OrderContent = { ...paid, amount: 3500, written: { ...paid.written, totalAmount: 35 } };
    given(orderDecider, [created(discounted)])
      .when({
        type: "ChangeOrder",
        lines: discounted.lines,
        written: { products: discounted.written.products },
      })
      .then([]);
  });
});

describe("a change of the amount", () => {
  test("makes an order with nothing to pay one that owes a payment", () => {
    const event = changed({ ...free, amount: 500, written: { ...free.written, amount: 5 } });
    given(orderDecider, [created(free)])
      .when({ type: "ChangeOrder", amount: 500, written: { amount: 5 } })
      .then([event]);
    expect(fold(orderDecider, [created(free), event])).toMatchObject({ payment: "PENDING" });
  });
  test("is refused once a payment was asked for", () => {
    given(orderDecider, [created(paid)])
      .when({ type: "ChangeOrder", amount: 1, written: { amount: 0.01 } })
      .thenRefused("order_amount_settled");
  });
  test("is refused once a payment was asked for, where it comes from the lines", () => {
    const lines = [{ name: "pen", quantity: 1, unitPrice: 1 }];
    given(orderDecider, [created(paid)])
      .when({ type: "ChangeOrder", lines, written: { lines } })
      .thenRefused("order_amount_settled");
  });
  test("to the same amount in another word changes that word alone", () => {
    const { totalAmount: _, ...written } = paid.written;
    given(orderDecider, [created(paid)])
      .when({ type: "ChangeOrder", amount: 3998, written: { amount: 39.98 } })
      .then([changed({ ...paid, written: { ...written, amount: 39.98 } })]);
  });
});

test("a change that changes nothing is no event", () => {
  given(orderDecider, [created(paid)])
    .when({
      type: "ChangeOrder",
      customer: "user123",
      lines: paid.lines,
      amount: 3998,
      written: paid.written,
    })
    .then([]);
  given(orderDecider, [created(free)])
    .when({ type: "ChangeOrder", written: {} })
    .then([]);
});

function created(content: OrderContent): OrderEvent {
  return { type: "OrderCreated", data: { orderId: "order-1", currency: "EUR", ...content } };
}

function changed(content: OrderContent): OrderEvent {
  return { type: "OrderChanged", data: content };
}
