// Order events in, payment tasks out: the only thing that the partition actors do here. Must never call the
// gateway, because what happens in this transaction may happen again.
import { sql } from "drizzle-orm";
import { fromRecord, isOurs } from "@millrace/kafka/event-record";
import type { RecordGlance } from "@millrace/kafka/received-record";
import type { RecordHandler } from "@millrace/projector/handler";
import { requestForgotten } from "@millrace/store/relay-marks";
import { orderCodec } from "../../order/codec.ts";
import type { OrderEvent } from "../../order/events.ts";
import { wakesPayment } from "../payment-process.ts";

/** Notified in every transaction that adds a task or makes one due. */
export const TASKS_CHANNEL = "millrace_payment_tasks";

/** An order whose payment may have something to do. */
export interface TaskNote {
  readonly orderId: string;
  /** An amount was named; where it was not, there is work only if one was named before. */
  readonly owes: boolean;
}

export const paymentTaskHandler: RecordHandler = {
  projection: "payment-tasks",
  topic: "order-events",
  schemaVersionOf: orderCodec.schemaVersionOf,
  onForgotten: (tx) => requestForgotten(tx, "order-events"),
  mayHaveEffect,
  isForeign: ({ headers }) => !isOurs(headers),
  async apply(tx, records) {
    const notes = notesFrom(records);
    if (notes.length === 0) return;
    // An order called off without ever having had an amount has neither a task nor a payment, and gets no
    // row. A task is not due to others while its lease lasts, and its holder looks at the revision at the end.
    await tx.execute(sql`
      with given as (
        select * from json_to_recordset(${JSON.stringify(notes)}::text::json) as given("orderId" text, owes boolean)
      ), noted as (
        insert into payment_tasks (order_id)
        select "orderId" from given
        where owes
          or exists (select from payment_tasks where order_id = "orderId")
          or exists (select from events where stream = 'payment-' || "orderId" and version = 1)
        order by "orderId"
        on conflict (order_id) do update
          set due_at = now(), revision = payment_tasks.revision + 1, attempts = 0
        returning 1
      )
      select pg_notify(${TASKS_CHANNEL}, '') from (select count(*) as tasks from noted) as counted where tasks > 0`);
  },
};

/**
 * Most orders of most shops have nothing to pay here. That is told from as little of the event as will do, since to
 * check the whole of it costs as much as all else that is done for it. What can't be told may have an effect.
 */
export function mayHaveEffect(record: RecordGlance): boolean {
  const type = record.header("ce_type") ?? "";
  if (record.header("ce_schemaversion") !== String(orderCodec.schemaVersionOf(type))) return true;
  try {
    const data = JSON.parse(record.value ?? "");
    const isAmountTold = typeof data.amount === "number" || !NAMING_AMOUNTS.has(type);
    return !isAmountTold || wakesPayment({ type, data } as OrderEvent);
  } catch {
    return true;
  }
}

const NAMING_AMOUNTS: ReadonlySet<string> = new Set<OrderEvent["type"]>(["OrderCreated", "OrderChanged"]);

/** One note an order, however many of its events a batch holds; none for events that never wake a payment. */
export function notesFrom(records: Parameters<RecordHandler["apply"]>[1]): TaskNote[] {
  const notes = new Map<string, TaskNote>();
  for (const record of records) {
    const event = orderCodec.decode(fromRecord(record));
    if (!wakesPayment(event)) continue;
    const owes = event.type === "OrderCreated" || event.type === "OrderChanged";
    const orderId = event.aggregateId;
    notes.set(orderId, { orderId, owes: owes || notes.get(orderId)?.owes === true });
  }
  return [...notes.values()];
}
