import { expect, test } from "bun:test";
import type { Step } from "@millrace/processes/process";
import { given } from "@millrace/processes/testing/given";
import type { OrderEvent } from "../order/events.ts";
import { GOODS_LOOK_MS } from "../payment/payment-process.ts";
import { paymentsDefinition } from "../payment/payments.ts";
import { type ReservationCalls, reservationsDefinition } from "./reservations.ts";

const orderId = "order-1";
const goods = [
  { sku: "ink", quantity: 1 },
  { sku: "pen", quantity: 2 },
];
const content = { customer: null, lines: [], amount: 500, written: {} };
const created: OrderEvent = { type: "OrderCreated", data: { orderId, currency: "EUR", ...content } };
const requested: OrderEvent = { type: "OrderStockRequested", data: { goods } };
const reserved: OrderEvent = { type: "OrderStockReserved", data: {} };
const cancelled: OrderEvent = { type: "OrderCancelled", data: {} };
const shipped: OrderEvent = { type: "OrderShipped", data: {} };
const release: OrderEvent = { type: "OrderStockDue", data: { to: "release" } };
const commit: OrderEvent = { type: "OrderStockDue", data: { to: "commit" } };
const settled: OrderEvent = { type: "OrderStockSettled", data: {} };

const call = (name: "reserve" | "release" | "commit", reserved?: number) => {
  const request = { orderId, goods, ...(reserved === undefined ? {} : { reserved }) };
  return { kind: "call", call: name, key: orderId, request } as Step<
    typeof reservationsDefinition.streams,
    ReservationCalls
  >;
};
const refused: OrderEvent = { type: "OrderRefused", data: { reason: "stock_short", sku: "pen" } };

test.each([
  ["goods that are asked for are reserved", [created, requested], call("reserve")],
  [
    "what is to be let go is released",
    [created, requested, reserved, cancelled, release],
    call("release", 2),
  ],
  [
    "what was reserved before what is short is known to have been",
    [created, requested, refused, release],
    call("release", 1),
  ],
  [
    "of what was called off before nobody knows",
    [created, requested, cancelled, release],
    call("release", 0),
  ],
  ["what was shipped is committed", [created, requested, reserved, shipped, commit], call("commit", 2)],
  ["reserved goods wait for what becomes of the order", [created, requested, reserved], { kind: "done" }],
  ["what was let go is done", [created, requested, cancelled, release, settled], { kind: "done" }],
  ["an order of nothing that is kept is done", [created], { kind: "done" }],
] as const)("%s", (_, order, step) => {
  given(reservationsDefinition, undefined, { order }).at(0).next(step);
});

// Seen to fail: `nextStep` of payments without `isUnreserved`.
test("nothing is charged before the goods are reserved, and then it is", () => {
  const payments = (order: readonly OrderEvent[], dueMs?: number) =>
    given(paymentsDefinition, { dueMs }, { order });
  const payment = { orderId, amount: 500, currency: "EUR" };
  const waitingFor = "the order's goods to be reserved";
  payments([created, requested]).at(0).next({ kind: "wait", untilMs: GOODS_LOOK_MS, waitingFor });
  payments([created, requested], 100).at(1_000, 40).next({ kind: "wait", untilMs: 1_060, waitingFor });
  payments([created, requested], 100)
    .at(1_000, 100)
    .next({ kind: "decide", on: "order", command: { type: "CancelOrder" } });
  const on = "payment";
  payments([created, requested, reserved])
    .at(0)
    .next({ kind: "decide", on, command: { type: "RequestPayment", ...payment } });
  payments([created, requested, cancelled, release])
    .at(0)
    .next({ kind: "decide", on, command: { type: "ForgoPayment", ...payment } });
});

test("an order of nothing that is kept never wakes it", () => {
  const [wake] = reservationsDefinition.wakes;
  const wakes = (event: OrderEvent) =>
    wake?.glance?.(event.type, () => {
      throw new Error("An order of nothing that is kept is not even parsed for it");
    });
  for (const event of [created, shipped, cancelled]) expect(wakes(event)).toBe(false);
  for (const event of [requested, release, commit]) expect(wakes(event)).toBe(true);
});
