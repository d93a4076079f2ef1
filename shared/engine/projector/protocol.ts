// What a supervisor and a partition's actor say to each other. Everything is plain data.

export interface Assignment {
  readonly topic: string;
  readonly partition: number;
  /** The process that owns it, for people: `host:pid`. */
  readonly owner: string;
}

export type ToActor =
  | { readonly type: "claim"; readonly assignment: Assignment }
  /**
   * The topic is another one than the checkpoint speaks of, or has forgotten what comes next: move the checkpoint
   * there and say `claimed` again.
   */
  | { readonly type: "start-over"; readonly offset: number; readonly forgotten: boolean }
  /** See packRecords: the bytes change threads without being copied. Nothing is left out before `upTo`. */
  | { readonly type: "records"; readonly packed: ArrayBuffer; readonly upTo: number }
  /** Finish the transaction under way, drop the rest. */
  | { readonly type: "stop" };

export type FromActor =
  | { readonly type: "ready" }
  /** The checkpoint is ours; read on from `offset`, where `lastRecord` is the identity of the record before it. */
  | {
      readonly type: "claimed";
      readonly offset: number;
      readonly epoch: number;
      readonly lastRecord: string | null;
    }
  | {
      readonly type: "committed";
      readonly offset: number;
      readonly records: number;
      /** Of those records, see sizeOf. */
      readonly bytes: number;
    }
  | { readonly type: "state"; readonly state: ActorState; readonly detail?: string }
  /** So many foreign records were passed over, the last of them at `offset`. */
  | { readonly type: "foreign"; readonly records: number; readonly offset: number }
  /** So many keys now wait for newer code. */
  | { readonly type: "waiting"; readonly keys: number; readonly cause: string | undefined }
  /** These are too far behind for the others to wait for them: they have to be built from the event store. */
  | { readonly type: "left"; readonly projections: readonly string[] }
  | { readonly type: "parked"; readonly offset: number; readonly key: string | null; readonly cause: string };

/**
 * starting    the thread is loading its code
 * claiming    raising the checkpoint's epoch
 * idle        waiting for records
 * working     records are in its hands; the supervisor sees it by itself
 * backing-off a failure is being waited out; the records stay in the mailbox
 * halted      too many records failed in too short a time: nothing more is parked, and it is tried again later
 * waiting-for-newer-code
 *             newer code has written what this code can't read. While few keys wait for it the others go on, and it is
 *             the supervisor that sees them; when as many wait as may, the partition does
 * fenced      another owner has claimed the partition; nothing more is written
 * stopped     drained
 */
export const ACTOR_STATES = [
  "starting",
  "claiming",
  "idle",
  "working",
  "backing-off",
  "halted",
  "waiting-for-newer-code",
  "fenced",
  "stopped",
] as const;
export type ActorState = (typeof ACTOR_STATES)[number];
