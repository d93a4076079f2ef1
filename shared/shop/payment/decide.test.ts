import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { propertyRun } from "@millrace/testing/seed";
import { type PaymentCommand, type PaymentEvent, type PaymentStatus, paymentDecider } from "./decide.ts";

const orderId = "order-1";
const request: PaymentCommand = { type: "RequestPayment", orderId, amount: 500, currency: "EUR" };
const complete: PaymentCommand = { type: "CompletePayment", orderId, gatewayReference: "g-1" };
const fail: PaymentCommand = { type: "FailPayment", orderId, reason: "declined" };
const markUnknown: PaymentCommand = { type: "MarkPaymentUnknown", orderId, cause: "timeout" };
const requestRefund: PaymentCommand = { type: "RequestRefund", orderId };
const completeRefund: PaymentCommand = { type: "CompleteRefund", orderId, gatewayReference: "g-2" };

const requested: PaymentEvent = { type: "PaymentRequested", data: { orderId, amount: 500, currency: "EUR" } };
const completed: PaymentEvent = { type: "PaymentCompleted", data: { orderId, gatewayReference: "g-1" } };
const failed: PaymentEvent = { type: "PaymentFailed", data: { orderId, reason: "declined" } };
const unknown: PaymentEvent = { type: "PaymentOutcomeUnknown", data: { orderId, cause: "timeout" } };
const refundRequested: PaymentEvent = { type: "PaymentRefundRequested", data: { orderId } };
const refunded: PaymentEvent = { type: "PaymentRefunded", data: { orderId, gatewayReference: "g-2" } };

const streams: Readonly<Record<PaymentStatus, PaymentEvent[]>> = {
  PENDING: [requested],
  UNKNOWN: [requested, unknown],
  COMPLETED: [requested, completed],
  FAILED: [requested, failed],
  REFUNDED: [requested, completed, refunded],
};

describe("asking for a payment", () => {
  test("opens its stream", () => {
    given(paymentDecider, []).when(request).then([requested]);
  });
  for (const [status, events] of Object.entries(streams)) {
    test(`again while it is ${status} changes nothing`, () => {
      given(paymentDecider, events).when(request).then([]);
    });
  }
  test("that its order was called off before fails it at once, so that nobody can ask for it later", () => {
    const forgo: PaymentCommand = { type: "ForgoPayment", orderId, amount: 500, currency: "EUR" };
    const reason = "The order was called off before anything was paid";
    given(paymentDecider, [])
      .when(forgo)
      .then([requested, { type: "PaymentFailed", data: { orderId, reason } }]);
    for (const events of Object.values(streams)) given(paymentDecider, events).when(forgo).then([]);
  });
  test("over another amount or currency is refused: one order has one payment", () => {
    given(paymentDecider, [requested])
      .when({ type: "RequestPayment", orderId, amount: 501, currency: "EUR" })
      .thenRefused("payment_already_settled");
    given(paymentDecider, [requested])
      .when({ type: "RequestPayment", orderId, amount: 500, currency: "USD" })
      .thenRefused("payment_already_settled");
  });
});

describe("a payment that was never asked for", () => {
  for (const command of [complete, fail, markUnknown, requestRefund, completeRefund]) {
    test(`is not found by ${command.type}`, () => {
      given(paymentDecider, []).when(command).thenRefused("payment_not_found");
    });
  }
});

type Expected = PaymentEvent | "nothing" | "payment_already_settled" | "payment_not_completed";
const table: readonly [PaymentCommand, Readonly<Record<PaymentStatus, Expected>>][] = [
  [
    complete,
    {
      PENDING: completed,
      UNKNOWN: completed,
      COMPLETED: "nothing",
      REFUNDED: "nothing",
      FAILED: "payment_already_settled",
    },
  ],
  [
    fail,
    {
      PENDING: failed,
      UNKNOWN: failed,
      COMPLETED: "payment_already_settled",
      REFUNDED: "payment_already_settled",
      FAILED: "nothing",
    },
  ],
  [
    markUnknown,
    {
      PENDING: unknown,
      UNKNOWN: "nothing",
      COMPLETED: "nothing",
      REFUNDED: "nothing",
      FAILED: "nothing",
    },
  ],
  [
    requestRefund,
    {
      PENDING: refundRequested,
      UNKNOWN: refundRequested,
      COMPLETED: refundRequested,
      REFUNDED: "nothing",
      FAILED: "nothing",
    },
  ],
  [
    completeRefund,
    {
      PENDING: "payment_not_completed",
      UNKNOWN: "payment_not_completed",
      COMPLETED: refunded,
      REFUNDED: "nothing",
      FAILED: "payment_not_completed",
    },
  ],
];
for (const [command, expected] of table) {
  describe(command.type, () => {
    for (const [status, events] of Object.entries(streams) as [PaymentStatus, PaymentEvent[]][]) {
      const then = expected[status];
      test(`of a ${status} payment: ${typeof then === "string" ? then : then.type}`, () => {
        const outcome = given(paymentDecider, events).when(command);
        if (then === "nothing") outcome.then([]);
        else if (typeof then === "string") outcome.thenRefused(then);
        else outcome.then([then]);
      });
    }
  });
}

test("a refund is asked for once", () => {
  given(paymentDecider, [requested, completed, refundRequested]).when(requestRefund).then([]);
});

test("money that arrives after a refund was asked for is recorded and can be given back", () => {
  given(paymentDecider, [requested, unknown, refundRequested])
    .when([complete, completeRefund])
    .then([completed, refunded]);
});

test("whatever is asked of a payment, its events tell a legal life", () => {
  const commands = fc.array(
    fc.constantFrom(request, complete, fail, markUnknown, requestRefund, completeRefund),
    { maxLength: 20 },
  );
  const letters: Readonly<Record<PaymentEvent["type"], string>> = {
    PaymentRequested: "q",
    PaymentCompleted: "c",
    PaymentFailed: "f",
    PaymentOutcomeUnknown: "u",
    PaymentRefundRequested: "r",
    PaymentRefunded: "b",
  };
  fc.assert(
    fc.property(commands, (asked) => {
      const events: PaymentEvent[] = [];
      for (const command of asked) {
        const decision = paymentDecider.decide(command, fold(paymentDecider, events));
        if (decision.accepted) events.push(...decision.events);
      }
      const life = events.map((event) => letters[event.type]).join("");
      expect(life.replace("r", "")).toMatch(/^(?:qu?(?:cb?|f)?)?$/);
      expect(life).not.toMatch(/r.*r|[fb].*r/);
    }),
    propertyRun(),
  );
});

test("a stream that does not open with PaymentRequested is not read on", () => {
  expect(() => fold(paymentDecider, [completed])).toThrow("PaymentCompleted stands before PaymentRequested");
});
