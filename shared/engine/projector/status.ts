// What a supervisor shows of a partition.
import type { ActorState } from "./protocol.ts";

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly state: ActorState;
  readonly detail?: string;
  readonly epoch: number;
  /** The next offset to take effect. */
  readonly offset: number;
  readonly highWatermark: number;
  /** Records delivered and not yet in effect. */
  readonly mailbox: number;
  /** Since the oldest of those was produced, else 0. */
  readonly oldestMs: number;
  readonly restarts: number;
  readonly parked: number;
  /** Foreign records that were passed over, since the partition was assigned. */
  readonly foreign: number;
  /** Offset of the last of them. */
  readonly lastForeign?: number;
  /** Keys that wait for newer code; the others go on. */
  readonly waitingKeys: number;
  /** Projections that are too far behind for the partition's others to wait for them: `ops projections rebuild`. */
  readonly left: readonly string[];
}
