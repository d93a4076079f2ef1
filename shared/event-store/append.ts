// The append batcher: concurrent commands share commits. Must never let one command's conflict touch another.
import type { EventMetadata, NewEvent } from "@millrace/contract/envelope";
import { laneOf } from "@millrace/contract/lanes";
import { Failure } from "@millrace/platform/failure";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";

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

const OUTCOMES: readonly AppendOutcome[] = ["appended", "conflict", "key_taken"];

/**
 * Runs one `append_batch` (migrations). Appends must be on different streams with different keys.
 * Answers one outcome an append, in their order; all of it is one transaction.
 */
export async function appendBatch(sql: Sql, appends: readonly Append[]): Promise<AppendOutcome[]> {
  const commands: string[] = [];
  const events: string[] = [];
  for (const [ordinal, append] of appends.entries()) {
    commands.push(commandJson(ordinal, append));
    for (const [index, event] of append.events.entries())
      events.push(eventJson(ordinal, append, event, index));
  }
  const [row] = await sql`
    select append_batch(${`[${commands.join(",")}]`}::text::json, ${`[${events.join(",")}]`}::text::json) as outcomes`;
  const outcomes: number[] = row?.outcomes ?? [];
  return outcomes.map((outcome) => OUTCOMES[outcome] as AppendOutcome);
}

function commandJson(ordinal: number, append: Append): string {
  const keyed = append.keyed;
  return JSON.stringify({
    n: ordinal,
    s: append.stream,
    v: append.expectedVersion,
    e: append.events.length,
    ...(keyed ? { k: keyed.key, f: keyed.fingerprint, a: keyed.answer } : {}),
  });
}

function eventJson(ordinal: number, append: Append, event: NewEvent, index: number): string {
  return JSON.stringify({
    n: ordinal,
    s: append.stream,
    v: append.expectedVersion + index + 1,
    l: laneOf(append.stream),
    t: event.type,
    c: event.schemaVersion,
    at: append.at,
    m: append.metadata,
    d: event.data,
  });
}
