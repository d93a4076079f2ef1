import { describe, test } from "bun:test";
import { given } from "@millrace/testing/given-when-then";
import type { CreateOrder, OrderCommand } from "./commands.ts";
import { orderDecider } from "./decide.ts";
import type { OrderEvent, RecordedPayment } from "./events.ts";

const createOrder: CreateOrder = {
  type: "CreateOrder",
  orderId: "order-1",
  customer: "Alice",
  lines: [{ name: "pen", quantity: 1 }],
  amount: 0,
  currency: "EUR",
  written: { customer: "Alice", items: ["pen"] },
};
const { type: _, ...data } = createOrder;
const created: OrderEvent = { type: "OrderCreated", data };
const createdUnpaid: OrderEvent = { type: "OrderCreated", data: { ...data, amount: 500 } };
const shipped: OrderEvent = { type: "OrderShipped", data: {} };
const delivered: OrderEvent = { type: "OrderDelivered", data: {} };
const cancelled: OrderEvent = { type: "OrderCancelled", data: {} };
const deleted: OrderEvent = { type: "OrderDeleted", data: {} };

const ship: OrderCommand = { type: "ShipOrder" };
const deliver: OrderCommand = { type: "DeliverOrder" };
const cancel: OrderCommand = { type: "CancelOrder" };
const remove: OrderCommand = { type: "DeleteOrder" };
const keep: OrderCommand = { type: "KeepOrderCreated" };
const change: OrderCommand = { type: "ChangeOrder", customer: "Bob", written: { customer: "Bob" } };

describe("an order's id", () => {
  test("a new order is created with what was asked for", () => {
    given(orderDecider, []).when(createOrder).then([created]);
  });
  test("an order is created once", () => {
    given(orderDecider, [created]).when(createOrder).thenRefused("order_already_exists");
  });
  test("a deleted order's id is never given again", () => {
    given(orderDecider, [created, deleted]).when(createOrder).thenRefused("order_already_exists");
  });
  for (const command of [change, keep, ship, deliver, cancel, remove]) {
    test(`${command.type} finds no order that was never created`, () => {
      given(orderDecider, []).when(command).thenRefused("order_not_found");
    });
    test(`${command.type} finds no order that was deleted`, () => {
      given(orderDecider, [created, deleted]).when(command).thenRefused("order_not_found");
    });
  }
});

describe("an order's status", () => {
  test("a created order is shipped", () => {
    given(orderDecider, [created]).when(ship).then([shipped]);
  });
  test("an order whose payment is open is shipped", () => {
    given(orderDecider, [createdUnpaid]).when(ship).then([shipped]);
  });
  test("an order whose payment failed is not shipped", () => {
    given(orderDecider, [createdUnpaid, recorded("FAILED")])
      .when(ship)
      .thenRefused("order_payment_failed");
  });
  test("a shipped order is delivered", () => {
    given(orderDecider, [created, shipped]).when(deliver).then([delivered]);
  });
  test("an order is not delivered before it is shipped", () => {
    given(orderDecider, [created]).when(deliver).thenRefused("order_not_shipped");
  });
  test("a created order is cancelled", () => {
    given(orderDecider, [created]).when(cancel).then([cancelled]);
  });
  test("asking for CREATED of a created order changes nothing", () => {
    given(orderDecider, [created]).when(keep).then([]);
  });

  for (const command of [change, keep, ship, cancel]) {
    test(`${command.type} is refused once the order is shipped`, () => {
      given(orderDecider, [created, shipped]).when(command).thenRefused("order_already_shipped");
    });
  }
  for (const command of [change, keep, ship, deliver, cancel]) {
    test(`${command.type} is refused once the order is delivered`, () => {
      given(orderDecider, [created, shipped, delivered]).when(command).thenRefused("order_already_delivered");
    });
    test(`${command.type} is refused once the order is cancelled`, () => {
      given(orderDecider, [created, cancelled]).when(command).thenRefused("order_already_cancelled");
    });
  }
  for (const before of [[], [shipped], [shipped, delivered], [cancelled]] as OrderEvent[][]) {
    test(`an order is deleted after ${before.at(-1)?.type ?? "OrderCreated"}`, () => {
      given(orderDecider, [created, ...before])
        .when(remove)
        .then([deleted]);
    });
  }
  test("a refused command refuses those that were asked for with it", () => {
    given(orderDecider, [created]).when([ship, cancel]).thenRefused("order_already_shipped");
  });
});

describe("an order's payment", () => {
  for (const [from, to] of [
    [[], "COMPLETED"],
    [[], "FAILED"],
    [[], "UNKNOWN"],
    [[], "REFUNDED"],
    [["UNKNOWN"], "COMPLETED"],
    [["UNKNOWN"], "FAILED"],
    [["UNKNOWN"], "REFUNDED"],
    [["COMPLETED"], "REFUNDED"],
  ] as [RecordedPayment[], RecordedPayment][]) {
    test(`goes from ${from[0] ?? "PENDING"} to ${to}`, () => {
      given(orderDecider, [createdUnpaid, ...from.map(recorded)])
        .when(record(to))
        .then([recorded(to)]);
    });
  }
  for (const [from, to] of [
    ["UNKNOWN", "UNKNOWN"],
    ["COMPLETED", "COMPLETED"],
    ["COMPLETED", "FAILED"],
    ["COMPLETED", "UNKNOWN"],
    ["FAILED", "FAILED"],
    ["FAILED", "COMPLETED"],
    ["FAILED", "UNKNOWN"],
    ["FAILED", "REFUNDED"],
    ["REFUNDED", "REFUNDED"],
    ["REFUNDED", "COMPLETED"],
    ["REFUNDED", "FAILED"],
    ["REFUNDED", "UNKNOWN"],
  ] as [RecordedPayment, RecordedPayment][]) {
    test(`stays ${from} where ${to} is heard late or twice`, () => {
      given(orderDecider, [createdUnpaid, recorded(from)])
        .when(record(to))
        .then([]);
    });
  }
  for (const payment of ["COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const) {
    test(`an order with nothing to pay hears of no payment that is ${payment}`, () => {
      given(orderDecider, [created]).when(record(payment)).then([]);
    });
  }
  test("a late payment is recorded on a deleted order", () => {
    given(orderDecider, [createdUnpaid, deleted])
      .when(record("COMPLETED"))
      .then([recorded("COMPLETED")]);
  });
  test("a payment is not recorded on an order that was never created", () => {
    given(orderDecider, []).when(record("COMPLETED")).thenRefused("order_not_found");
  });
});

function recorded(payment: RecordedPayment): OrderEvent {
  return { type: "OrderPaymentRecorded", data: { paymentId: "order-1", payment } };
}

function record(payment: RecordedPayment): OrderCommand {
  return { type: "RecordPayment", paymentId: "order-1", payment };
}
