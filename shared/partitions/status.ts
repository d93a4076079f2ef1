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
}
