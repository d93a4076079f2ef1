import { describe, expect, test } from "bun:test";
import { toRecord } from "@millrace/kafka/event-record";
import { glanceAt } from "@millrace/kafka/received-record";
import { mayWakeAny } from "@millrace/processes/define-process";
import { notesFrom as notes } from "@millrace/processes/task-handler";
import { orderCodec } from "../order/codec.ts";
import type { OrderEvent } from "../order/events.ts";
import { payments, paymentsDefinition } from "./payments.ts";

const mayHaveEffect = mayWakeAny([payments]);
const notesFrom = (records: Parameters<typeof notes>[1]) =>
  paymentsDefinition.wakes.flatMap((wake) => notes(wake, records));

const content = { customer: null, lines: [], written: {} };
const created = (amount: number): OrderEvent => ({
  type: "OrderCreated",
  data: { ...content, orderId: "7", currency: "USD", amount },
});
const changed = (amount: number): OrderEvent => ({ type: "OrderChanged", data: { ...content, amount } });
const cancelled: OrderEvent = { type: "OrderCancelled", data: {} };
const deleted: OrderEvent = { type: "OrderDeleted", data: {} };
const shipped: OrderEvent = { type: "OrderShipped", data: {} };
const recorded: OrderEvent = {
  type: "OrderPaymentRecorded",
  data: { paymentId: "7", payment: "COMPLETED" },
};

let offset = 0;
function record(event: OrderEvent, orderId = "7") {
  const { key, value, headers } = toRecord({
    stream: `order-${orderId}`,
    version: 1,
    at: "2026-01-02T03:04:05.678Z",
    metadata: { actor: "tester", correlationId: "c", causationId: "r" },
    ...orderCodec.encode(event),
    data: JSON.stringify(event.data),
  });
  return { partition: 0, offset: offset++, key, value, headers, timestamp: "0" };
}

describe("notes of order events", () => {
  test("an order with an amount is owed for", () => {
    expect(notesFrom([record(created(500))])).toEqual([{ key: "7", begins: true }]);
    expect(notesFrom([record(changed(500))])).toEqual([{ key: "7", begins: true }]);
  });

  test("an order with nothing to pay leaves no note", () => {
    expect(notesFrom([record(created(0)), record(changed(0)), record(shipped)])).toEqual([]);
  });

  test("calling an order off is a reason to look, and says nothing of an amount", () => {
    expect(notesFrom([record(cancelled)])).toEqual([{ key: "7", begins: false }]);
    expect(notesFrom([record(deleted)])).toEqual([{ key: "7", begins: false }]);
  });

  test("what the payment process itself wrote into the order never wakes it again", () => {
    expect(notesFrom([record(recorded)])).toEqual([]);
  });

  test("all of an order's events in a batch become one note, and an amount in any of them counts", () => {
    const batch = [record(created(500)), record(created(9), "8"), record(cancelled), record(deleted)];
    expect(notesFrom(batch)).toEqual([
      { key: "7", begins: true },
      { key: "8", begins: true },
    ]);
  });

  test("a record that is no order event fails the batch instead of being skipped", () => {
    const unknown = record(shipped);
    const renamed = { ...unknown, headers: { ...unknown.headers, ce_type: "OrderTeleported" } };
    expect(() => notesFrom([renamed])).toThrow("OrderTeleported");
  });
});

describe("a glance at an order event", () => {
  const glance = (event: OrderEvent) => mayHaveEffect(glanceAt(record(event)));

  test("tells the same as its notes do", () => {
    const events = [
      created(500),
      created(0),
      changed(500),
      changed(0),
      cancelled,
      deleted,
      shipped,
      recorded,
    ];
    expect(events.map(glance)).toEqual(events.map((event) => notesFrom([record(event)]).length > 0));
  });

  test("never passes over what can't be told: it fails where that is dealt with", () => {
    const { headers, value, ...rest } = record(created(0));
    const changes: { headers?: Record<string, string>; value?: string | null }[] = [
      { value: "no JSON" },
      { value: null },
      { value: "null" },
      { value: '{"amount":"0"}' },
      { headers: { ce_schemaversion: "1" } },
      { headers: { ce_type: "OrderCreated" } },
      { headers: { ce_type: "OrderCreated", ce_schemaversion: "999" } },
      { headers: { ce_type: "NobodysEvent", ce_schemaversion: "1" } },
    ];
    const told = changes.map((change) => mayHaveEffect(glanceAt({ ...rest, headers, value, ...change })));
    expect(told).toEqual(changes.map(() => true));
  });
});
