import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decideAll, fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { propertyRun } from "@millrace/testing/seed";
import type { OrderCommand } from "./commands.ts";
import { orderDecider } from "./decide.ts";
import type { OrderEvent } from "./events.ts";

const amount = fc.constantFrom(0, 0, 500, 1999);
const lines = fc.array(
  fc.record(
    {
      name: fc.constantFrom("pen", "ink"),
      quantity: fc.integer({ min: 1, max: 3 }),
      unitPrice: fc.constantFrom(0, 500),
    },
    { requiredKeys: ["name", "quantity"] },
  ),
  { minLength: 1, maxLength: 3 },
);
const customer = fc.constantFrom("Alice", "Bob", null);
const written = fc.dictionary(
  fc.constantFrom("customer", "items", "amount", "__proto__"),
  fc.integer({ max: 1 }),
);

const command: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.record(
    {
      type: fc.constant("CreateOrder" as const),
      orderId: fc.constant("order-1"),
      currency: fc.constant("EUR"),
      customer,
      lines,
      amount,
      written,
      goods: fc.constant([{ sku: "pen", quantity: 2 }]),
    },
    { requiredKeys: ["type", "orderId", "currency", "customer", "lines", "amount", "written"] },
  ),
  fc.constantFrom<OrderCommand>(
    { type: "RecordStockReserved" },
    { type: "RefuseOrder", sku: "pen" },
    { type: "SettleStock", as: "released" },
    { type: "SettleStock", as: "committed" },
  ),
  fc.record(
    { type: fc.constant("ChangeOrder" as const), customer, lines, amount, written },
    { requiredKeys: ["type", "written"] },
  ),
  fc.constantFrom<OrderCommand>(
    { type: "KeepOrderCreated" },
    { type: "ShipOrder" },
    { type: "DeliverOrder" },
    { type: "CancelOrder" },
    { type: "DeleteOrder" },
  ),
  fc.record({
    type: fc.constant("RecordPayment" as const),
    paymentId: fc.constant("order-1"),
    payment: fc.constantFrom("COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"),
  }),
);
const commands = fc.array(command, { maxLength: 30 });

describe("whatever is asked of an order", () => {
  test("its events tell a legal life", () => {
    fc.assert(
      fc.property(commands, (asked) => {
        expect(illegality(eventsOf(asked))).toBeUndefined();
      }),
      propertyRun(),
    );
  });

  test("following its events one by one comes to the same state as folding them afresh", () => {
    fc.assert(
      fc.property(commands, (asked) => {
        let state = orderDecider.initialState;
        const events: OrderEvent[] = [];
        for (const one of asked) {
          const decision = orderDecider.decide(one, state);
          if (!decision.accepted) continue;
          for (const event of decision.events) state = orderDecider.evolve(state, event);
          events.push(...decision.events);
          expect(fold(orderDecider, events)).toEqual(state);
        }
      }),
      propertyRun(),
    );
  });

  test("deciding several commands as one comes to the same events as one by one", () => {
    fc.assert(
      fc.property(commands, (asked) => {
        const accepted = asked.filter((_, index) => isAccepted(asked.slice(0, index), asked[index]));
        const decision = decideAll(orderDecider, accepted, orderDecider.initialState);
        expect(decision).toEqual({ accepted: true, events: eventsOf(accepted) });
      }),
      propertyRun(),
    );
  });

  test("deciding changes neither the state nor the command", () => {
    fc.assert(
      fc.property(commands, command, (asked, last) => {
        const state = fold(orderDecider, eventsOf(asked));
        const before = structuredClone({ state, last });
        orderDecider.decide(last, state);
        expect({ state, last }).toEqual(before);
      }),
      propertyRun(100),
    );
  });
});

test("a stream that does not open with OrderCreated is not read on", () => {
  expect(() => given(orderDecider, [{ type: "OrderShipped", data: {} }]).when({ type: "ShipOrder" })).toThrow(
    "OrderShipped stands before OrderCreated",
  );
});

function eventsOf(asked: readonly OrderCommand[]): OrderEvent[] {
  const events: OrderEvent[] = [];
  for (const one of asked) {
    const decision = orderDecider.decide(one, fold(orderDecider, events));
    if (decision.accepted) events.push(...decision.events);
  }
  return events;
}

function isAccepted(before: readonly OrderCommand[], asked: OrderCommand | undefined): boolean {
  return asked !== undefined && orderDecider.decide(asked, fold(orderDecider, eventsOf(before))).accepted;
}

/** What an order's life may be, as a grammar over its events: no line of it is shared with decide. */
function illegality(events: readonly OrderEvent[]): string | undefined {
  const status = events.map((event) => statusLetters[event.type]).join("");
  if (!/^(?:ch*(?:sd?|x)?z?)?$/.test(status)) return `status life ${status}`;

  const payment = events
    .map((event) => (event.type === "OrderPaymentRecorded" ? event.data.payment.charAt(0) : ""))
    .join("");
  if (!/^U?(?:C?R?|F)$/.test(payment)) return `payment life ${payment}`;

  const stock = events.map(stockLetter).join("");
  if (!/^(?:q(?:f?lt?|v(?:lt?|mt?)?)?)?$/.test(stock)) return `stock life ${stock}`;

  let amount = 0;
  let failed = false;
  for (const event of events) {
    if (event.type === "OrderCreated" || event.type === "OrderChanged") {
      if (amount > 0 && event.data.amount !== amount) return "an amount changed after its payment was owed";
      amount = event.data.amount;
    }
    if (event.type === "OrderPaymentRecorded" && amount === 0) return "a payment of nothing";
    if (event.type === "OrderPaymentRecorded") failed = event.data.payment === "FAILED";
    if (event.type === "OrderShipped" && failed) return "shipped after its payment failed";
  }
  return undefined;
}

const statusLetters: Readonly<Record<OrderEvent["type"], string>> = {
  OrderCreated: "c",
  OrderChanged: "h",
  OrderShipped: "s",
  OrderDelivered: "d",
  OrderCancelled: "x",
  OrderDeleted: "z",
  OrderPaymentRecorded: "",
  OrderRefused: "x",
  OrderStockRequested: "",
  OrderStockReserved: "",
  OrderStockDue: "",
  OrderStockSettled: "",
};

/** Requested, reserved, refused, let go or committed, settled. */
function stockLetter(event: OrderEvent): string {
  switch (event.type) {
    case "OrderStockRequested":
      return "q";
    case "OrderStockReserved":
      return "v";
    case "OrderRefused":
      return "f";
    case "OrderStockDue":
      return event.data.to === "release" ? "l" : "m";
    case "OrderStockSettled":
      return "t";
    default:
      return "";
  }
}
