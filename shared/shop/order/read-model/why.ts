// Why an order is as it is: each of its events with who asked for it and in which request, what led straight to it,
// where it went, and what it changed of the document that readers get; then the row.
import type { StoredEvent } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { OrderEvent } from "../events.ts";
import { type Change, changesBetween } from "./changes-between.ts";
import { documentOf, type OrderRow, ordersModel } from "./model.ts";

/** Where an event's record stands. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Step {
  readonly version: number;
  readonly event: OrderEvent["type"];
  /** The command that it followed from. */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: string;
  /** The outside request: shared by everything that it led to. */
  readonly request: string;
  /** What led straight to it: a request's id, a record's place, or an event's id. */
  readonly cause: string;
  /** W3C trace id; absent where the request had no trace. */
  readonly traceId?: string;
  /** Absent where it is not known: Postgres keeps only the place of the record that changed the row last. */
  readonly record?: RecordPlace;
  readonly changes: readonly Change[];
}

export interface Why {
  readonly id: string;
  readonly steps: readonly Step[];
  /** Absent where no event has reached it. */
  readonly row?: {
    readonly version: number;
    readonly deleted: boolean;
    readonly partition: number;
    /** Of the record that changed it last; -1 where it was made from the event store. */
    readonly offset: number;
    /** Events that it has yet to show. */
    readonly behind: number;
    readonly document: unknown;
  };
}

/** Bytes of events in one page: its steps show what was before and after, so that the page is some three times this. */
const PAGE_BYTES_MAX = 1_000_000;

/** Some of an order's events, with the row as it was before the first of them. */
export interface WhyPage {
  readonly before: OrderRow | undefined;
  readonly events: readonly StoredEvent[];
  /** There are events after these. */
  readonly more: boolean;
}

/** `events` is the stream from its start, in pages; what comes before the wanted ones is folded and let go. */
export async function readWhyPage(
  events: AsyncIterable<readonly StoredEvent[]>,
  { after = 0, limit }: { after?: number | undefined; limit: number },
): Promise<WhyPage> {
  let before: OrderRow | undefined;
  const taken: StoredEvent[] = [];
  let bytes = 0;
  for await (const page of events) {
    for (const event of page) {
      if (event.version <= after) {
        before = ordersModel.past.next(before, { event, partition: 0, offset: 0 });
        continue;
      }
      bytes += event.data.length;
      if (taken.length === limit || (taken.length > 0 && bytes > PAGE_BYTES_MAX)) {
        return { before, events: taken, more: true };
      }
      taken.push(event);
    }
  }
  return { before, events: taken, more: false };
}

export interface WhyQuestion {
  readonly id: string;
  readonly page: WhyPage;
  /** Of the stream's last event. */
  readonly lastVersion: number;
  /** What is known of where the events went, by version. */
  readonly records?: ReadonlyMap<number, RecordPlace> | undefined;
}

export async function whyOrder(sql: Sql, { id, page, lastVersion, records }: WhyQuestion): Promise<Why> {
  const row = await findPlacedRow(sql, id);
  const known = new Map(records);
  const topic = topicOf("order");
  if (row && row.offset >= 0 && !known.has(row.version)) {
    known.set(row.version, { topic, partition: row.partition, offset: row.offset });
  }
  const steps: Step[] = [];
  let { before } = page;
  for (const event of page.events) {
    const after = ordersModel.past.next(before, { event, partition: 0, offset: 0 });
    const record = known.get(event.version);
    steps.push({ ...stepOf(event), ...(record ? { record } : {}), changes: changesOf(before, after) });
    before = after;
  }
  if (!row) return { id, steps };
  return {
    id,
    steps,
    row: { ...row, behind: lastVersion - row.version, document: JSON.parse(row.document) },
  };
}

/** Each event follows from one command alone. */
const COMMANDS: Record<OrderEvent["type"], string> = {
  OrderCreated: "CreateOrder",
  OrderChanged: "ChangeOrder",
  OrderShipped: "ShipOrder",
  OrderDelivered: "DeliverOrder",
  OrderCancelled: "CancelOrder",
  OrderDeleted: "DeleteOrder",
  OrderPaymentRecorded: "RecordPayment",
};

function stepOf({ version, type, at, metadata }: StoredEvent): Omit<Step, "changes"> {
  const event = type as OrderEvent["type"];
  const traceId = metadata.traceparent?.split("-")[1];
  return {
    version,
    event,
    command: COMMANDS[event],
    at,
    actor: metadata.actor,
    request: metadata.correlationId,
    cause: metadata.causationId,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

function changesOf(before: OrderRow | undefined, after: OrderRow): Change[] {
  const gone = after.value.order.deleted ? undefined : JSON.parse(documentOf(after));
  return changesBetween(before && JSON.parse(documentOf(before)), gone);
}

interface PlacedRow {
  readonly version: number;
  readonly deleted: boolean;
  readonly partition: number;
  readonly offset: number;
  readonly document: string;
}

async function findPlacedRow(sql: Sql, id: string): Promise<PlacedRow | undefined> {
  try {
    const [row] = await sql<(Omit<PlacedRow, "offset"> & { offset: string })[]>`
      select version, deleted, partition, "offset", document from orders where id = ${id}`;
    return row && { ...row, offset: Number(row.offset) };
  } catch (error) {
    throw postgresFailure("looking for a row", error);
  }
}
