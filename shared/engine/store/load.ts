// Reading streams back, page by page. Concurrent loads share a statement for their first pages, and what one stream
// takes or breaks is its own readers' matter. Must never hold more of a long stream than one page.
import type { PendingQuery, Row } from "postgres";
import type { StoredEvent } from "@millrace/events/envelope";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { StoredSnapshot } from "./snapshots.ts";

/** Streams in one statement for first pages. */
const STREAMS_MAX = 200;

/** Events in a stream's first page: an order has tens, so most streams have no second page. */
const FIRST_EVENTS_MAX = 50;

/** Bytes in a stream's first page: that of tens of usual events, and at most some 7 MB for a whole statement. */
const FIRST_BYTES_MAX = 32_768;

/**
 * Bytes of an event in a first page as it is stored: Postgres keeps what is larger out of line, and would unpack all of
 * it, for all the streams of a statement, only to find that it is too much.
 */
const FIRST_STORED_MAX = 2_000;

/** Events in a later page: enough that a round trip is little beside what they take to be decoded. */
const LATER_EVENTS_MAX = 500;

/** Bytes after which a later page takes no further event; it takes one at least, whatever its size. */
const LATER_BYTES_MAX = 1_048_576;

export interface Loader {
  /**
   * The stream's events after that version, oldest first; no page where there are none. Each page is read when the
   * one before it has been consumed.
   * @throws Failure `postgres_unavailable`, or `postgres_failed` where this very stream can't be read
   */
  pages(stream: string, after?: number): AsyncIterable<readonly StoredEvent[]>;
  /**
   * The stream's snapshot of that fingerprint, where there is one past that version, and the events after it, or after
   * the version. A snapshot counts only where the store has the event that it was made at. @throws as `pages` does
   */
  latest(stream: string, wanted: { readonly after: number; readonly fingerprint: string }): Promise<Latest>;
  /** All pages as one list: for tools, and for streams that are known to be short. @throws as `pages` does */
  load(stream: string): Promise<StoredEvent[]>;
}

export interface Latest {
  readonly snapshot: StoredSnapshot | undefined;
  readonly pages: AsyncIterable<readonly StoredEvent[]>;
}

interface Page {
  /** What its events follow. */
  readonly snapshot?: StoredSnapshot;
  /** There is a snapshot, too large to share a statement: neither it nor events after it have come. */
  readonly isLarge?: boolean;
  readonly events: readonly StoredEvent[];
  /** There are events after these. */
  readonly isCut: boolean;
}

/** Events of a stream after a version. */
interface Wanted {
  readonly stream: string;
  readonly after: number;
  /** Of a snapshot to begin with; null for events alone. */
  readonly fingerprint: string | null;
}

interface Waiting extends Wanted {
  readonly resolve: (page: Page) => void;
  readonly reject: (error: unknown) => void;
}

export function createLoader(sql: Sql): Loader {
  const firstPage = createFirstPages(sql);
  /** Later pages of all streams go one after the other, so that long streams leave the connections to the others. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(read: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(read);
    turn = result.catch(() => {});
    return result;
  };

  async function* pagesFrom(stream: string, after: number, first: Page) {
    let page = first;
    let version = after;
    for (;;) {
      if (page.events.length > 0) yield page.events;
      if (!page.isCut) return;
      version = page.events.at(-1)?.version ?? version;
      const last = version;
      page = await inTurn(() => readLaterPage(sql, stream, last));
    }
  }
  async function* pages(stream: string, after = 0) {
    yield* pagesFrom(stream, after, await firstPage({ stream, after, fingerprint: null }));
  }
  return {
    pages,
    async latest(stream, { after, fingerprint }) {
      const page = await firstPage({ stream, after, fingerprint });
      // One that is too large to share a statement with others has come without its state.
      const snapshot = page.isLarge
        ? await inTurn(() => readSnapshot(sql, { stream, after, fingerprint }))
        : page.snapshot;
      return { snapshot, pages: pagesFrom(stream, snapshot?.version ?? after, page) };
    },
    async load(stream) {
      const events: StoredEvent[] = [];
      for await (const page of pages(stream)) events.push(...page);
      return events;
    },
  };
}

/** First pages that are asked for in the same turn of the event loop become one statement. */
function createFirstPages(sql: Sql): (wanted: Wanted) => Promise<Page> {
  let queue: Waiting[] = [];
  const flush = () => {
    const batch = queue.splice(0, STREAMS_MAX);
    if (queue.length > 0) setImmediate(flush);
    else queue = [];
    void readTogether(sql, batch);
  };
  return (wanted) =>
    new Promise((resolve, reject) => {
      queue.push({ ...wanted, resolve, reject });
      if (queue.length === 1) setImmediate(flush);
    });
}

/** Settles every one of them. Where a stream can't be read, each is read by itself. */
async function readTogether(sql: Sql, batch: readonly Waiting[]): Promise<void> {
  const wanted = new Map(batch.map((one) => [nameOf(one), one]));
  try {
    const found = await readFirstPages(sql, [...wanted.values()]);
    for (const one of batch) one.resolve(found.get(nameOf(one)) ?? { events: [], isCut: false });
  } catch (error) {
    const failure = postgresFailure("loading streams", error);
    if (wanted.size === 1 || failure.retryable) {
      for (const { reject } of batch) reject(failure);
      return;
    }
    for (const one of batch) await readTogether(sql, [one]);
  }
}

function nameOf({ stream, after, fingerprint }: Wanted): string {
  return `${after} ${fingerprint} ${stream}`;
}

interface EventRow {
  version: number;
  type: string;
  schema_version: number;
  at: string;
  metadata: string;
  data: string;
}

async function readFirstPages(sql: Sql, wanted: readonly Wanted[]): Promise<Map<string, Page>> {
  const streams = wanted.map(({ stream }) => stream);
  const versions = wanted.map(({ after }) => after);
  const fingerprints = wanted.map(({ fingerprint }) => fingerprint);
  // An event past the page's bytes, or one that Postgres would have to unpack, comes without its data.
  const rows = await sql<
    (Omit<EventRow, "type" | "data"> & Wanted & { type: string | null; data: string | null })[]
  >`
    select wanted.stream, wanted.after, wanted.fingerprint, page.*
    from unnest(${streams}::text[], ${versions}::integer[], ${fingerprints}::text[])
      as wanted(stream, after, fingerprint)
    cross join lateral (
      with snapshot as (${snapshotOf(sql, sql`wanted.stream`, sql`wanted.after`, sql`wanted.fingerprint`)})
      select version, null as type, null as schema_version, at, null as metadata,
        case when pg_column_size(state) <= ${FIRST_STORED_MAX} then state::text end as data
      from snapshot
      union all
      select version, type, schema_version, at, metadata,
        case when sum(octet_length(data)) over (order by version) <= ${FIRST_BYTES_MAX} then data end as data
      from (
        select ${eventHead(sql)}, case when pg_column_size(data) <= ${FIRST_STORED_MAX} then data::text end as data
        from events
        where stream = wanted.stream
          and events.version > coalesce((select snapshot.version from snapshot), wanted.after)
        order by version limit ${FIRST_EVENTS_MAX + 1}) as found
    ) as page`;
  const pages = new Map<string, FirstPage>();
  for (const row of rows) {
    const page: FirstPage = pages.get(nameOf(row)) ?? { events: [], isCut: false };
    pages.set(nameOf(row), page);
    page.isCut ||= row.data === null || page.events.length === FIRST_EVENTS_MAX;
    if (row.type === null) addSnapshot(page, row);
    else if (!page.isCut) page.events.push(storedEvent(row.stream, row as EventRow));
  }
  return pages;
}

interface FirstPage {
  readonly events: StoredEvent[];
  isCut: boolean;
  snapshot?: StoredSnapshot;
  isLarge?: boolean;
}

function addSnapshot(
  page: FirstPage,
  row: Wanted & Pick<EventRow, "version" | "at"> & { data: string | null },
) {
  const { stream, fingerprint, version, at, data: state } = row;
  if (state === null || fingerprint === null) page.isLarge = true;
  else page.snapshot = { stream, fingerprint, version, at, state };
}

/** By itself, whatever its size. */
async function readSnapshot(sql: Sql, wanted: Wanted): Promise<StoredSnapshot | undefined> {
  const { stream, after, fingerprint } = wanted;
  const named = snapshotOf(sql, sql`${stream}::text`, sql`${after}::integer`, sql`${fingerprint}::text`);
  try {
    const [row] = await sql<StoredSnapshot[]>`
      select stream, fingerprint, version, at, state::text from (${named}) as snapshot`;
    return row;
  } catch (error) {
    throw postgresFailure(`loading the snapshot of ${stream}`, error);
  }
}

type Fragment = PendingQuery<Row[]>;

/** Only where the event is there that it was made at: a store may have been restored without its last events. */
function snapshotOf(sql: Sql, stream: Fragment, after: Fragment, fingerprint: Fragment): Fragment {
  return sql`
    select stream, fingerprint, version, ${timeOf(sql)} as at, state from snapshots as made
    where stream = ${stream} and fingerprint = ${fingerprint} and version > ${after} and exists (
      select from events as own where own.stream = made.stream and own.version = made.version and own.at = made.at)`;
}

/** Event by event, so that Postgres unpacks no more of them than the page takes. */
async function readLaterPage(sql: Sql, stream: string, after: number): Promise<Page> {
  const eventAfter = (version: Fragment) => sql`
    select ${eventHead(sql)}, data::text from events where stream = ${stream} and events.version > ${version}
    order by version limit 1`;
  try {
    const rows = await sql<(EventRow & { bytes: string })[]>`
      with recursive page as (
        select first.*, 1 as events, octet_length(first.data)::bigint as bytes
        from (${eventAfter(sql`${after}::integer`)}) as first
        union all
        select next.*, events + 1, bytes + octet_length(next.data)
        from page cross join lateral (${eventAfter(sql`page.version`)}) as next
        where events < ${LATER_EVENTS_MAX} and bytes < ${LATER_BYTES_MAX}
      )
      select * from page`;
    const isCut = rows.length === LATER_EVENTS_MAX || Number(rows.at(-1)?.bytes ?? 0) >= LATER_BYTES_MAX;
    return { events: rows.map((row) => storedEvent(stream, row)), isCut };
  } catch (error) {
    throw postgresFailure(`loading ${stream}`, error);
  }
}

function eventHead(sql: Sql) {
  return sql`version, type, schema_version, ${timeOf(sql)} as at, metadata::text`;
}

function timeOf(sql: Sql) {
  return sql`to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function storedEvent(stream: string, row: EventRow): StoredEvent {
  const { version, type, schema_version: schemaVersion, at, metadata, data } = row;
  return { stream, version, type, schemaVersion, at, metadata: JSON.parse(metadata), data };
}
