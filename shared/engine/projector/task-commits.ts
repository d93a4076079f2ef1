// A task's transactions: effects and checkpoint, all or nothing. Must never let an effect past the fence.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Database, Tx } from "@millrace/platform/postgres";
import { type Checkpoint, Fenced, fenceOf, identityOf, moveCheckpoint } from "./checkpoint.ts";
import type { RecordHandler } from "./handler.ts";
import { step, type TaskInput, type TaskState } from "./task-state.ts";

export interface Commits {
  state(): TaskState;
  take(input: TaskInput): void;
  /** The effects of `ours` among the records. @throws Fenced, and what Postgres and the handler throw; so do the others */
  apply(records: readonly ReceivedRecord[], ours: readonly ReceivedRecord[]): Promise<void>;
  /** An effect, and the checkpoint past the records. */
  move(records: readonly ReceivedRecord[], effect: (tx: Tx) => Promise<void>): Promise<void>;
  /** An effect, and the checkpoint where it says, which may be where it is. */
  fenced(to: number, lastRecord: string | null, effect: (tx: Tx) => Promise<void>): Promise<void>;
  /** The checkpoint past what was passed, and nothing else. */
  catchUp(): Promise<void>;
}

export function createCommits(db: Database, handler: RecordHandler, checkpoint: Checkpoint): Commits {
  let state: TaskState = { checkpoint, passed: undefined };
  const take = (input: TaskInput) => {
    state = step(state, input);
  };

  /** In one statement, where the handler can: no round trips for the transaction around it. */
  const applyAlone = async (
    records: readonly ReceivedRecord[],
    ours: readonly ReceivedRecord[],
  ): Promise<boolean> => {
    if (!handler.applyAlone) return false;
    const { checkpoint } = state;
    const to = placeAfter(records);
    const outcome = await handler.applyAlone(db, ours, fenceOf(checkpoint, to));
    if (outcome === "fenced") throw new Fenced(checkpoint);
    if (outcome === "applied") take({ type: "moved", to: { ...checkpoint, ...to } });
    return outcome === "applied";
  };

  const move: Commits["move"] = (records, effect) => {
    const { offset, lastRecord } = placeAfter(records);
    return fenced(offset, lastRecord, effect);
  };

  const fenced: Commits["fenced"] = async (to, lastRecord, effect) => {
    const moved = await db.transaction((tx) =>
      // Sent together on one connection: the fence costs no round trip of its own.
      settleBoth(moveCheckpoint(tx, state.checkpoint, to, lastRecord), effect(tx)),
    );
    take({ type: "moved", to: moved });
    await handler.onCommitted?.(db);
  };

  return {
    state: () => state,
    take,
    async apply(records, ours) {
      if (!(await applyAlone(records, ours))) await move(records, (tx) => handler.apply(tx, ours));
    },
    move,
    fenced,
    async catchUp() {
      const { checkpoint, passed } = state;
      if (!passed) return;
      take({ type: "moved", to: await moveCheckpoint(db, checkpoint, passed.offset, passed.lastRecord) });
    },
  };
}

function placeAfter(records: readonly ReceivedRecord[]) {
  const last = records.at(-1);
  if (!last) throw new Error("a batch without a record moves no checkpoint");
  return { offset: last.offset + 1, lastRecord: identityOf(last) };
}

/**
 * What was begun in a transaction has to end in it: a statement that is sent after the rollback would be carried
 * out all the same, on its own, past the fence. So both are waited for, and the first one's failure counts first.
 */
export async function settleBoth<T>(first: Promise<T>, second: Promise<unknown>): Promise<T> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return one.value;
}
