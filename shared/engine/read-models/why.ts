// Why a row is as it is: each of its events with who asked for it and in which request, what led straight to it,
// where it went, and what it changed of the document that readers get; then the row.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Sql } from "@millrace/platform/postgres";
import { type Change, changesBetween } from "./changes-between.ts";
import type { Past } from "./read-model.ts";
import type { Row } from "./rows.ts";

/** Where an event's record stands. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Step {
  readonly version: number;
  readonly event: string;
  /** The command that it followed from; absent where the read model does not say. */
  readonly command?: string;
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

/** Some of a stream's events, with the row as it was before the first of them. */
export interface WhyPage {
  readonly before: Row<unknown> | undefined;
  readonly events: readonly StoredEvent[];
  /** There are events after these. */
  readonly more: boolean;
}

/** `events` is the stream from its start, in pages; what comes before the wanted ones is folded and let go. */
export async function readWhyPage(
  past: Past<unknown>,
  events: AsyncIterable<readonly StoredEvent[]>,
  { after = 0, limit }: { after?: number | undefined; limit: number },
): Promise<WhyPage> {
  let before: Row<unknown> | undefined;
  const taken: StoredEvent[] = [];
  let bytes = 0;
  for await (const page of events) {
    for (const event of page) {
      if (event.version <= after) {
        before = past.next(before, { event, partition: 0, offset: 0 });
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

/** @throws Failure `postgres_unavailable` */
export async function whyRow(
  sql: Sql,
  past: Past<unknown>,
  { id, page, lastVersion, records }: WhyQuestion,
): Promise<Why> {
  const row = await past.placed(sql, id);
  const known = new Map(records);
  if (row && row.offset >= 0 && !known.has(row.version)) {
    known.set(row.version, { topic: past.source.topic, partition: row.partition, offset: row.offset });
  }
  const steps: Step[] = [];
  let { before } = page;
  for (const event of page.events) {
    const after = past.next(before, { event, partition: 0, offset: 0 });
    const record = known.get(event.version);
    steps.push({
      ...stepOf(past, event),
      ...(record ? { record } : {}),
      changes: changesOf(past, before, after),
    });
    before = after;
  }
  if (!row) return { id, steps };
  return {
    id,
    steps,
    row: { ...row, behind: lastVersion - row.version, document: JSON.parse(row.document) },
  };
}

function stepOf(past: Past<unknown>, { version, type, at, metadata }: StoredEvent): Omit<Step, "changes"> {
  const command = past.commandOf(type);
  const traceId = metadata.traceparent?.split("-")[1];
  return {
    version,
    event: type,
    ...(command === undefined ? {} : { command }),
    at,
    actor: metadata.actor,
    request: metadata.correlationId,
    cause: metadata.causationId,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

function changesOf(past: Past<unknown>, before: Row<unknown> | undefined, after: Row<unknown>): Change[] {
  const documentOf = (row: Row<unknown>) => JSON.parse(past.document(row));
  return changesBetween(before && documentOf(before), past.isDeleted(after) ? undefined : documentOf(after));
}
