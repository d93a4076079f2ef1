// The append batcher: concurrent commands share commits. Must never let one command's conflict touch another.
import type { EventMetadata, NewEvent } from "@millrace/contract/envelope";
import { laneOf } from "@millrace/contract/lanes";
import { lines, plainArray } from "@millrace/platform/columns";
import { Failure } from "@millrace/platform/failure";
import { hasCode, postgresFailure, type Sql, UNIQUE_VIOLATION } from "@millrace/platform/postgres";
import { type PrintedEvent, printMessages } from "./outbox.ts";

/** An answer that a retry of the same request gets again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Makes an append happen at most once: the key is taken in the transaction of the events. */
export interface KeyedAnswer {
  readonly key: string;
  readonly fingerprint: string;
  readonly answer: StoredAnswer;
}

/** One command's events, all or none. No events with a keyed answer stores the answer alone. */
export interface Append {
  readonly stream: string;
  /** The version that the command was decided on; 0 for a new stream. */
  readonly expectedVersion: number;
  readonly events: readonly NewEvent[];
  readonly metadata: EventMetadata;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly keyed?: KeyedAnswer;
}

/** `conflict`: the stream has moved past the expected version. `key_taken`: the key has an answer already. */
export type AppendOutcome = "appended" | "conflict" | "key_taken";

export interface Appender {
  /** @throws Failure `append_queue_full` past the bound, `postgres_unavailable` while Postgres is away. */
  append(append: Append): Promise<AppendOutcome>;
  /** Commands waiting for a flight. */
  depth(): number;
  /** Resolves when nothing waits and nothing is under way. Takes no more appends. */
  drain(): Promise<void>;
}

export interface AppenderBounds {
  readonly queueMax: number;
  readonly batchMax: number;
  readonly flightsMax: number;
}

/** Columns and the outbox' entries are told apart by them. */
const CONTROL_CHARACTER = /\p{Cc}/u;

interface Waiting {
  readonly append: Append;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what is waiting and appends it in one statement, `append_batch`, with up to `flightsMax` statements
 * under way. Under load a batch is whatever arrived during the last flights, so its size follows the load.
 * Two commands on one stream, or with one key, never share a batch or overlap in flight.
 */
export function createAppender(sql: Sql, bounds: AppenderBounds, onBatch?: (size: number) => void): Appender {
  let queue: Waiting[] = [];
  const busy = new Set<string>();
  let flights = 0;
  let scheduled = false;
  let draining = false;
  let drained: (() => void) | undefined;

  // One turn of the event loop gathers every request that arrived in the same read.
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      while (flights < bounds.flightsMax && queue.length > 0) {
        const batch = takeBatch();
        if (batch.length === 0) break;
        void fly(batch);
      }
    });
  };

  const takeBatch = (): Waiting[] => {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    for (const waiting of queue) {
      const claims = claimsOf(waiting.append);
      if (batch.length >= bounds.batchMax || claims.some((claim) => busy.has(claim))) {
        left.push(waiting);
      } else {
        for (const claim of claims) busy.add(claim);
        batch.push(waiting);
      }
    }
    queue = left;
    return batch;
  };

  const fly = async (batch: Waiting[]) => {
    flights++;
    onBatch?.(batch.length);
    await appendTogether(sql, batch);
    for (const { append } of batch) for (const claim of claimsOf(append)) busy.delete(claim);
    flights--;
    if (queue.length > 0) schedule();
    else if (flights === 0) drained?.();
  };

  return {
    append(append) {
      if (draining)
        return Promise.reject(new Failure("shutting_down", "This process takes no more commands", true));
      if (CONTROL_CHARACTER.test(append.stream))
        return Promise.reject(
          new Error(`A stream's name holds control characters: ${JSON.stringify(append.stream)}`),
        );
      if (queue.length >= bounds.queueMax) {
        const message = `${bounds.queueMax} commands are waiting to be appended already`;
        return Promise.reject(new Failure("append_queue_full", message, true));
      }
      return new Promise((resolve, reject) => {
        queue.push({ append, resolve, reject });
        schedule();
      });
    },
    depth: () => queue.length,
    drain() {
      draining = true;
      if (flights === 0 && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
  };
}

/** What a command holds alone while it waits for its commit. */
function claimsOf(append: Append): string[] {
  const stream = `stream ${append.stream}`;
  return append.keyed ? [stream, `key ${append.keyed.key}`] : [stream];
}

/** Settles every command of the batch. A statement that fails on its data is tried command by command. */
async function appendTogether(sql: Sql, batch: readonly Waiting[]): Promise<void> {
  try {
    const outcomes = await appendBatch(
      sql,
      batch.map((waiting) => waiting.append),
    );
    for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index] as AppendOutcome);
  } catch (error) {
    const failure = postgresFailure(`appending ${batch.length} commands`, error);
    if (batch.length === 1 || failure.retryable) {
      for (const waiting of batch) waiting.reject(failure);
      return;
    }
    for (const waiting of batch) await appendTogether(sql, [waiting]);
  }
}

/** What `append_batch` says of a command where something stood in the way; a command that it appended has no number. */
const OUTCOMES: readonly (AppendOutcome | "send again")[] = ["send again", "conflict", "key_taken"];

/**
 * Appends in one transaction whatever can be: those that something stands in the way of are left out, and the others
 * sent again. Appends must be on different streams with different keys. Answers one outcome an append, in their order.
 */
export async function appendBatch(sql: Sql, appends: readonly Append[]): Promise<AppendOutcome[]> {
  const outcomes = appends.map((): AppendOutcome => "appended");
  let left = (await appendNewStreams(sql, appends)) ? [] : [...appends.keys()];
  while (left.length > 0) {
    const all = left.map((index) => appends[index] as Append);
    const [row] = await sql`call append_batch_and_tell(${argumentsOf(sql, all)})`;
    const answers: number[] | null = row?.outcomes;
    if (!answers) break;
    for (const [at, index] of left.entries()) {
      const outcome = OUTCOMES[answers[at] ?? 0];
      if (outcome && outcome !== "send again") outcomes[index] = outcome;
    }
    const again = left.filter((_, at) => answers[at] === 0);
    if (again.length === left.length)
      throw new Error("append_batch appended nothing, and no command stood in the way");
    left = again;
  }
  return outcomes;
}

/** Answers whether that was all; where it was not, nothing was appended. */
async function appendNewStreams(sql: Sql, appends: readonly Append[]): Promise<boolean> {
  if (!appends.every(beginsItsStream)) return false;
  try {
    await sql`call append_batch_of_new_streams(${eventColumns(sql, rowsOf(appends))})`;
    return true;
  } catch (error) {
    if (hasCode(error, (code) => code === UNIQUE_VIOLATION)) return false;
    throw error;
  }
}

function beginsItsStream({ expectedVersion, events, keyed }: Append): boolean {
  return expectedVersion === 0 && events.length > 0 && keyed === undefined;
}

/** As part of the caller's transaction, without telling the relays. @throws where anything stands in the way. */
export async function appendWithin(tx: Sql, appends: readonly Append[]): Promise<void> {
  const [row] = await tx`select append_batch(${argumentsOf(tx, appends)}) as outcomes`;
  if (row?.outcomes) throw new Error(`Not appended: ${row.outcomes}`);
}

/** What `append_batch` (migrations) takes. */
function argumentsOf(sql: Sql, appends: readonly Append[]) {
  const rows = rowsOf(appends);
  return sql`
      ${appends.length}, ${answersOf(appends)}::text::json,
      ${plainArray(rows.map((row) => row.command))}::text::integer[],
      ${plainArray(rows.map((row) => row.expected))}::text::integer[],
      ${eventColumns(sql, rows)}`;
}

/** The rows, and the outbox' entries that carry them. */
function eventColumns(sql: Sql, rows: readonly EventRow[]) {
  const entries = [...Map.groupBy(rows, (row) => laneOf(row.stream))];
  return sql`
      ${lines(rows.map((row) => row.stream))},
      ${plainArray(rows.map((row) => row.version))}::text::integer[],
      ${lines(rows.map((row) => row.type))},
      ${plainArray(rows.map((row) => row.schemaVersion))}::text::smallint[],
      ${lines(rows.map((row) => row.at))},
      ${lines(rows.map((row) => row.metadata))},
      ${lines(rows.map((row) => row.data))},
      ${plainArray(entries.map(([lane]) => lane))}::text::smallint[],
      ${plainArray(entries.map(([, records]) => records.length))}::text::integer[],
      ${entries.map(([, records]) => printMessages(records)).join("\f")}`;
}

/** An event as `append_batch` takes it, one value a column. */
interface EventRow extends PrintedEvent {
  /** Ordinal of its command. */
  readonly command: number;
  /** Version that the command was decided on. */
  readonly expected: number;
}

/** In order of stream and version. */
function rowsOf(appends: readonly Append[]): EventRow[] {
  return inOrder(appends.map(({ stream }) => stream)).flatMap((command) => {
    const { stream, expectedVersion: expected, events, metadata: given, at } = appends[command] as Append;
    const metadata = JSON.stringify(given);
    return events.map(({ type, schemaVersion, data }, index) => {
      const version = expected + index + 1;
      return {
        command,
        expected,
        stream,
        version,
        type,
        schemaVersion,
        at,
        metadata,
        data: JSON.stringify(data),
      };
    });
  });
}

/** JSON of the answers to keep, in order of key; null where there are none. */
function answersOf(appends: readonly Append[]): string | null {
  const kept = appends.flatMap(({ keyed }, n) =>
    keyed ? [{ n, k: keyed.key, f: keyed.fingerprint, a: keyed.answer }] : [],
  );
  if (kept.length === 0) return null;
  return JSON.stringify(inOrder(kept.map(({ k }) => k)).map((index) => kept[index]));
}

/** The texts' indexes, in an order that is the same for every process. */
function inOrder(texts: readonly string[]): number[] {
  const order = [...texts.keys()];
  return order.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1));
}
