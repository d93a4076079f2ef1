// The append batcher: concurrent commands share commits. Must never let one command's conflict touch another.
import { Failure } from "@millrace/platform/failure";
import { hasCode, postgresFailure, type Sql } from "@millrace/platform/postgres";
import { type AppendOutcome, appendPrinted } from "./append.ts";
import { APPEND_BYTES_MAX, type PrintedAppend } from "./printed-append.ts";

export interface Appender {
  /**
   * @throws Failure `append_queue_full` past the bounds, `postgres_unavailable` while Postgres is away: then it is not
   * known whether the commands were appended; `postgres_failed` for values that Postgres refuses.
   */
  append(append: PrintedAppend): Promise<AppendOutcome>;
  /** Commands waiting for a flight. */
  depth(): number;
  /** Bytes of events that are not settled yet, those under way among them. */
  bytes(): number;
  /** Resolves when nothing waits and nothing is under way. Takes no more appends. */
  drain(): Promise<void>;
}

export interface AppenderBounds {
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly batchMax: number;
  readonly flightsMax: number;
}

interface Waiting {
  readonly append: PrintedAppend;
  /** What it holds alone until it is settled: its stream, and its keys. */
  readonly claims: readonly string[];
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what is waiting and appends it in one statement, `append_batch`, with up to `flightsMax` statements
 * under way. Under load a batch is whatever arrived during the last flights, so its size follows the load.
 * Two appends on one stream, or with one key, never share a batch or overlap in flight.
 */
export function createAppender(sql: Sql, bounds: AppenderBounds, onBatch?: (size: number) => void): Appender {
  let queue: Waiting[] = [];
  /** Commands in the queue. */
  let depth = 0;
  let bytes = 0;
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
    let commands = 0;
    let taken = 0;
    for (const waiting of queue) {
      const { append, claims } = waiting;
      // The first is always taken, whatever the bound.
      const fits =
        (commands === 0 || commands + append.commands.length <= bounds.batchMax) &&
        taken + append.bytes <= APPEND_BYTES_MAX;
      if (!fits || claims.some((claim) => busy.has(claim))) {
        left.push(waiting);
      } else {
        for (const claim of claims) busy.add(claim);
        batch.push(waiting);
        commands += append.commands.length;
        taken += append.bytes;
      }
    }
    queue = left;
    depth -= commands;
    return batch;
  };

  const fly = async (batch: Waiting[]) => {
    flights++;
    onBatch?.(commandsOf(batch));
    await appendTogether(sql, batch);
    for (const { append, claims } of batch) {
      bytes -= append.bytes;
      for (const claim of claims) busy.delete(claim);
    }
    flights--;
    if (queue.length > 0) schedule();
    else if (flights === 0) drained?.();
  };

  const take = (append: PrintedAppend): Omit<Waiting, "resolve" | "reject"> => {
    if (draining) throw new Failure("shutting_down", "This process takes no more commands", true);
    if (depth >= bounds.queueMax) throw queueFull(`${depth} commands`);
    // One alone is always taken, whatever the bound.
    if (bytes > 0 && bytes + append.bytes > bounds.queueBytesMax) throw queueFull(`${bytes} bytes of events`);
    depth += append.commands.length;
    bytes += append.bytes;
    const claims = [`stream ${append.stream}`];
    for (const { keyed } of append.commands) if (keyed) claims.push(`key ${keyed.key}`);
    return { append, claims };
  };

  return {
    append: (append) =>
      new Promise((resolve, reject) => {
        queue.push({ ...take(append), resolve, reject });
        schedule();
      }),
    depth: () => depth,
    bytes: () => bytes,
    drain() {
      draining = true;
      if (flights === 0 && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
  };
}

function queueFull(waiting: string): Failure {
  return new Failure("append_queue_full", `${waiting} are waiting to be appended already`, true);
}

/**
 * SQLSTATEs that the values in a statement lead to while it runs, so that all of it was rolled back: 22 data that can't
 * be read, 23 a constraint, 54001 nested too deep, XX a damaged page. What else is not passing may have been said
 * after the commit, when the relays are notified.
 */
const VALUES_REFUSED = /^(?:(?:22|23|XX)...|54001)$/;

/**
 * Settles every append of the batch. Where its values were refused, each append is tried alone; after any other
 * failure none is, since an append that was committed would lose against itself the second time.
 */
async function appendTogether(sql: Sql, batch: readonly Waiting[]): Promise<void> {
  try {
    const outcomes = await appendPrinted(
      sql,
      batch.map(({ append }) => append),
    );
    for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index] as AppendOutcome);
  } catch (error) {
    const isRefused = hasCode(error, (code) => VALUES_REFUSED.test(code));
    if (isRefused && batch.length > 1) {
      for (const waiting of batch) await appendTogether(sql, [waiting]);
      return;
    }
    const failure = postgresFailure(`appending ${commandsOf(batch)} commands`, error);
    const said = isRefused || failure.retryable ? failure : unsettled(failure);
    for (const waiting of batch) waiting.reject(said);
  }
}

function commandsOf(batch: readonly Waiting[]): number {
  return batch.reduce((commands, { append }) => commands + append.commands.length, 0);
}

function unsettled(cause: Failure): Failure {
  return new Failure("postgres_unavailable", `${cause.message} (perhaps after the commit)`, true, { cause });
}
