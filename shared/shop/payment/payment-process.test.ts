import { describe, expect, test } from "bun:test";
import { given } from "@millrace/processes/testing/given";
import type { OrderEvent, RecordedPayment } from "../order/events.ts";
import type { PaymentEvent } from "./decide.ts";
import { type PaymentCalls, type PaymentStep, wakesPayment } from "./payment-process.ts";
import { paymentsDefinition } from "./payments.ts";

const orderId = "order-1";
const charge = { orderId, amount: 500, currency: "EUR" };
const content = { customer: null, lines: [], amount: 500, written: { amount: 5 } };
const created: OrderEvent = { type: "OrderCreated", data: { orderId, currency: "EUR", ...content } };
const createdFree: OrderEvent = {
  type: "OrderCreated",
  data: { orderId, currency: "EUR", ...content, amount: 0 },
};
const changed: OrderEvent = { type: "OrderChanged", data: content };
const shipped: OrderEvent = { type: "OrderShipped", data: {} };
const cancelled: OrderEvent = { type: "OrderCancelled", data: {} };
const deleted: OrderEvent = { type: "OrderDeleted", data: {} };

const requested: PaymentEvent = { type: "PaymentRequested", data: charge };
const completed: PaymentEvent = { type: "PaymentCompleted", data: { orderId, gatewayReference: "g" } };
const failed: PaymentEvent = { type: "PaymentFailed", data: { orderId, reason: "declined" } };
const unknown: PaymentEvent = { type: "PaymentOutcomeUnknown", data: { orderId, cause: "timeout" } };
const refundRequested: PaymentEvent = { type: "PaymentRefundRequested", data: { orderId } };
const refunded: PaymentEvent = { type: "PaymentRefunded", data: { orderId, gatewayReference: "g" } };

const request: PaymentStep = {
  kind: "decide",
  on: "payment",
  command: { type: "RequestPayment", ...charge },
};
const forgo: PaymentStep = { kind: "decide", on: "payment", command: { type: "ForgoPayment", ...charge } };
const requestRefund: PaymentStep = {
  kind: "decide",
  on: "payment",
  command: { type: "RequestRefund", orderId },
};
const done: PaymentStep = { kind: "done" };

describe("the next step of an order that stands", () => {
  const steps: [string, OrderEvent[], PaymentEvent[], PaymentStep][] = [
    ["a payment is asked for before anything is charged", [created], [], request],
    ["an order that was shipped still owes its payment", [created, shipped], [], request],
    ["an order that was deleted after shipping still owes it", [created, shipped, deleted], [], request],
    ["an order that got its amount by a change owes it", [createdFree, changed], [], request],
    ["a payment that was asked for is charged", [created], [requested], ask("charge")],
    ["a completed payment is told to the order", [created], [requested, completed], record("COMPLETED")],
    ["a failed payment is told to the order", [created], [requested, failed], record("FAILED")],
    ["an unknown outcome is told to the order", [created], [requested, unknown], record("UNKNOWN")],
    [
      "an unknown outcome is asked about again",
      [created, recorded("UNKNOWN")],
      [requested, unknown],
      ask("inquire"),
    ],
    ["a paid order is done", [created, recorded("COMPLETED")], [requested, completed], done],
    ["an order whose payment failed is done", [created, recorded("FAILED")], [requested, failed], done],
    ["an order with nothing to pay is done", [createdFree], [], done],
    ["an order that does not exist is done", [], [], done],
  ];
  for (const [guarantee, order, payment, step] of steps) {
    test(guarantee, () => comesTo(order, payment, step));
  }
});

describe("the next step of an order that was called off", () => {
  for (const [how, off] of [
    ["cancelled", [cancelled]],
    ["cancelled and deleted", [cancelled, deleted]],
    ["deleted before shipping", [deleted]],
  ] as [string, OrderEvent[]][]) {
    const paid = recorded("COMPLETED");
    const steps: [string, OrderEvent[], PaymentEvent[], PaymentStep][] = [
      ["is never charged, and nobody can ask for its payment any more", [created], [], forgo],
      ["hears that its payment has failed", [created], [requested, failed], record("FAILED")],
      ["is done once it has heard so", [created, recorded("FAILED")], [], done],
      ["has its refund asked for first", [created], [requested], requestRefund],
      ["has an open charge withdrawn", [created], [requested, refundRequested], ask("withdraw")],
      [
        "has an unknown charge withdrawn",
        [created, recorded("UNKNOWN")],
        [requested, unknown, refundRequested],
        ask("withdraw"),
      ],
      ["hears that it was paid", [created], [requested, completed], record("COMPLETED")],
      ["has a paid charge's refund asked for", [created, paid], [requested, completed], requestRefund],
      ["gets its money back", [created, paid], [requested, completed, refundRequested], ask("refund")],
      [
        "hears of its refund",
        [created, paid],
        [requested, completed, refundRequested, refunded],
        record("REFUNDED"),
      ],
      [
        "is done once refunded",
        [created, paid, recorded("REFUNDED")],
        [requested, completed, refundRequested, refunded],
        done,
      ],
      ["is done where nothing was to be paid", [createdFree], [], done],
    ];
    for (const [guarantee, order, payment, step] of steps) {
      test(`${how}: ${guarantee}`, () => comesTo([...order, ...off], payment, step));
    }
  }
  test("deleting what was shipped refunds nothing", () => {
    const order = [created, recorded("COMPLETED"), shipped, deleted];
    comesTo(order, [requested, completed], done);
  });
});

describe("an order that has a time to be paid in", () => {
  const dueMs = 3_600_000;
  const untilMs = nowMs - dueMs / 2 + dueMs;
  const waits: PaymentStep = {
    kind: "wait",
    untilMs,
    waitingFor: "the end of the time that the order has to be paid in",
  };
  const cancel: PaymentStep = { kind: "decide", on: "order", command: { type: "CancelOrder" } };
  const early = (order: OrderEvent[], payment: PaymentEvent[]) =>
    given(paymentsDefinition, { dueMs }, { order, payment }).at(nowMs, dueMs / 2);
  const late = (order: OrderEvent[], payment: PaymentEvent[]) =>
    given(paymentsDefinition, { dueMs }, { order, payment }).at(nowMs, dueMs);
  const lost = [created, recorded("FAILED")];
  const open = [created, recorded("UNKNOWN")];

  test("is paid as any other before it has passed", () => {
    early([created], []).next(request);
    early(open, [requested, unknown]).next(ask("inquire"));
    early([created, recorded("COMPLETED")], [requested, completed]).next(done);
  });
  test("waits for its end where the payment has failed", () => early(lost, [requested, failed]).next(waits));
  test("is cancelled once it has passed, whatever the payment has come to but paid", () => {
    late([created], []).next(cancel);
    late([created], [requested]).next(cancel);
    late(open, [requested, unknown]).next(cancel);
    late(lost, [requested, failed]).next(cancel);
  });
  test("hears of its payment before anything else", () => {
    late([created], [requested, completed]).next(record("COMPLETED"));
  });
  test("is left alone where it is paid, shipped, called off or has nothing to pay", () => {
    late([created, recorded("COMPLETED")], [requested, completed]).next(done);
    late([created, shipped], [requested]).next(ask("charge"));
    late([created, cancelled], [requested]).next(requestRefund);
    late([...lost, cancelled], [requested, failed]).next(done);
    late([createdFree], []).next(done);
  });
});

test("only events that can leave something to do wake the process", () => {
  for (const event of [created, changed, cancelled, deleted]) expect(wakesPayment(event)).toBe(true);
  for (const event of [createdFree, shipped, recorded("COMPLETED")]) expect(wakesPayment(event)).toBe(false);
});

const noEnd = { dueMs: undefined };
const nowMs = Date.parse("2026-03-01T00:00:00Z");

function comesTo(order: OrderEvent[], payment: PaymentEvent[], step: PaymentStep): void {
  given(paymentsDefinition, noEnd, { order, payment }).at(nowMs).next(step);
}

function ask(call: keyof PaymentCalls): PaymentStep {
  const key = call === "refund" ? `refund of ${orderId}` : orderId;
  return { kind: "call", call, key, request: charge };
}

function recorded(payment: RecordedPayment): OrderEvent {
  return { type: "OrderPaymentRecorded", data: { paymentId: orderId, payment } };
}

function record(payment: RecordedPayment): PaymentStep {
  return { kind: "decide", on: "order", command: { type: "RecordPayment", paymentId: orderId, payment } };
}
