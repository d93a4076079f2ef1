// One handler's work in one partition: batches in, one transaction each (task-batch.ts). Must never take in a record
// that its checkpoint has passed.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { createBreaker } from "./breaker.ts";
import { type Checkpoint, noteStill } from "./checkpoint.ts";
import { createForeignTally } from "./foreign-tally.ts";
import { createParkingLot, type ParkingLotOptions } from "./parking-lot.ts";
import { behindInMs, catchUp, handle, isNobodysFault, type TaskParts } from "./task-batch.ts";
import { createCommits } from "./task-commits.ts";
import { nextOffset } from "./task-state.ts";

export interface Task {
  checkpoint(): Checkpoint;
  /** The next offset to handle. */
  offset(): number;
  /**
   * Takes the records in, skipping those below the checkpoint. Resolves when all of them have taken effect
   * or are parked. @throws Fenced; Halted; what Postgres throws while it is away.
   */
  handle(records: readonly ReceivedRecord[]): Promise<void>;
  /** There is no record before `upTo` that has not been handled. */
  pass(upTo: number): void;
  /** Moves the checkpoint past records without effect, and counts foreign ones, where it lags. @throws as `handle` does. */
  catchUp(): Promise<void>;
  /** Ms until the checkpoint lags behind for longer than it should, 0 where it does; undefined where it does not lag. */
  behindInMs(): number | undefined;
  /**
   * Reads the partition from there: its topic is another one, or has `forgotten` records that have not been handled.
   * @throws as `handle` does
   */
  startOver(offset: number, forgotten?: boolean): Promise<void>;
  /** Says why nothing moves, to those who ask Postgres. @throws as `handle` does */
  standStill(cause: string): Promise<void>;
  /** Nothing moves. @throws Fenced where the checkpoint is another's. */
  prove(): Promise<void>;
  /** Whether any record of the partition is in the parking lot. */
  hasParked(): boolean;
  /** Whether some of those may go on by themselves. */
  hasDue(): boolean;
  /** Retries and discards what people have asked for, and retries what is due by itself. @throws as `handle` does. */
  carryOutRequests(): Promise<void>;
}

export interface TaskOptions extends Pick<TaskParts, "db" | "handler" | "parked" | "attemptsMax" | "post"> {
  readonly checkpoint: Checkpoint;
  /** Those of them that go on by themselves, see dueKeys; none where it is left out. Kept up here as well. */
  readonly due?: Set<string>;
}

export function createTask(options: TaskOptions): Task {
  const { db, handler, parked, due = new Set(), post } = options;
  const commits = createCommits(db, handler, options.checkpoint);
  const tally = createForeignTally(db, post);
  const checkpoint = () => commits.state().checkpoint;

  /** Where nothing is read, nothing moves, and yet only the owner gets past. */
  const inPlace: ParkingLotOptions["fenced"] = (effect) =>
    commits.fenced(checkpoint().offset, checkpoint().lastRecord, effect);

  const lot = createParkingLot({
    ...{ db, at: options.checkpoint, handler, parked, due, isNobodysFault, fenced: inPlace },
    onWaiting: (keys, cause) => post({ type: "waiting", keys, cause }),
  });
  const parts: TaskParts = { ...options, commits, tally, breaker: createBreaker(), lot };

  return {
    checkpoint,
    offset: () => nextOffset(commits.state()),
    handle: (records) => handle(parts, records),
    pass: (upTo) => commits.take({ type: "passed", offset: upTo, nowMs: Date.now() }),
    catchUp: () => catchUp(parts),
    behindInMs: () => behindInMs(parts),
    async startOver(from, forgotten = false) {
      commits.take({ type: "starting over" });
      await commits.fenced(from, null, async (tx) => {
        if (forgotten) await handler.onForgotten?.(tx);
      });
    },
    standStill: (cause) => noteStill(db, checkpoint(), cause),
    prove: () => inPlace(async () => {}),
    hasParked: () => parked.size > 0,
    hasDue: () => due.size > 0,
    carryOutRequests: () => lot.carryOutRequests(),
  };
}
