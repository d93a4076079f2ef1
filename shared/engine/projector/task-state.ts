// Where a task stands in its partition, and what it does with each record of a batch: pure.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Checkpoint } from "./checkpoint.ts";
import { type ParkedRecord, parkingKey } from "./dead-letter.ts";

type Place = Pick<Checkpoint, "offset" | "lastRecord">;

export interface TaskState {
  /** As it is in Postgres. */
  readonly checkpoint: Checkpoint;
  /** Past records without effect, where the checkpoint has not been moved yet. */
  readonly passed: (Place & { readonly sinceMs: number }) | undefined;
}

export type TaskInput =
  /** Records without effect were read up to there; without `lastRecord` there was none that could be named. */
  | { readonly type: "passed"; readonly offset: number; readonly lastRecord?: string; readonly nowMs: number }
  /** A transaction moved the checkpoint. */
  | { readonly type: "moved"; readonly to: Checkpoint }
  /** The topic is another one, or has forgotten what was to be read next. */
  | { readonly type: "starting over" };

/**
 * Longest time, in ms, that the checkpoint lags behind records without effect. After a crash they are read again, and
 * have none again; a transaction for each batch of them would cost as much as one with effects.
 */
const BEHIND_MOST_MS = 5_000;

export function step(state: TaskState, input: TaskInput): TaskState {
  const { checkpoint, passed } = state;
  switch (input.type) {
    case "passed": {
      const { offset, nowMs, lastRecord = passed?.lastRecord ?? checkpoint.lastRecord } = input;
      if (offset <= nextOffset(state)) return state;
      return { checkpoint, passed: { offset, lastRecord, sinceMs: passed?.sinceMs ?? nowMs } };
    }
    case "moved":
      // What was passed while the transaction ran is not in it.
      return { checkpoint: input.to, passed: passed && passed.offset > input.to.offset ? passed : undefined };
    case "starting over":
      return { checkpoint, passed: undefined };
  }
}

export function nextOffset({ checkpoint, passed }: TaskState): number {
  return passed?.offset ?? checkpoint.offset;
}

/** Ms until what has been unwritten since then has to be written, 0 where it is late; undefined where nothing is unwritten. */
export function dueInMs(sinceMs: number | undefined, nowMs: number): number | undefined {
  return sinceMs === undefined ? undefined : Math.max(0, sinceMs + BEHIND_MOST_MS - nowMs);
}

/** Records that only newer code can read, with what is said of each. */
export type Newer = ReadonlyMap<ReceivedRecord, string>;

export interface Sorted {
  readonly free: readonly ReceivedRecord[];
  /** Records that wait: behind others of their key, or for newer code. */
  readonly letters: readonly ParkedRecord[];
  /** Keys that begin to wait for newer code with this batch, each with its cause. */
  readonly begun: ReadonlyMap<string, string>;
}

/** Which records of a batch may take effect. No record passes an earlier one of its key that waits. */
export function sortOut(
  records: readonly ReceivedRecord[],
  parked: ReadonlySet<string>,
  newer: Newer,
): Sorted {
  const free: ReceivedRecord[] = [];
  const letters: ParkedRecord[] = [];
  const begun = new Map<string, string>();
  for (const record of records) {
    const key = parkingKey(record);
    const cause = newer.get(record);
    if (parked.has(key) || begun.has(key)) letters.push(waitingBehind(record));
    else if (cause === undefined) free.push(record);
    else {
      letters.push({ record, kind: "waiting", cause, attempts: 1 });
      begun.set(key, cause);
    }
  }
  return { free, letters, begun };
}

function waitingBehind(record: ReceivedRecord): ParkedRecord {
  return { record, kind: "waiting", cause: "an earlier record of this key is parked", attempts: 0 };
}
