// How much of a partition its actor has in hand, and whether more of it is fetched.
import { type Consumer, LATE_MS, type TopicPartition } from "@millrace/kafka/consume";

export interface Flow {
  /** Records delivered and not yet in effect. */
  inHand(): number;
  handed(records: number, bytes: number): void;
  done(records: number, bytes: number): void;
  /** The actor is another one, or has begun anew: it has nothing in hand. */
  reset(): void;
  isFull(): boolean;
  /** Until there is room, for no longer than one full mailbox may hold up its broker's other partitions. */
  waitForRoom(): Promise<void>;
  isPaused(): boolean;
  pause(): void;
  /** Answers whether nothing was fetched for so long that the topic may be another one by now. */
  resume(): boolean;
}

/** How long one full mailbox may hold up its broker's other partitions before its partition is paused. */
const PATIENCE_MS = 100;
/** In one mailbox, however few records: four batches of the largest kind, for each partition that there is. */
const MAILBOX_BYTES_MAX = 16 * 1_048_576;

export function createFlow(
  { topic, partition }: TopicPartition,
  options: { consumer: Pick<Consumer, "pause" | "resume">; mailboxRecordsMax: number },
): Flow {
  const { consumer, mailboxRecordsMax } = options;
  let inHand = 0;
  let bytesInHand = 0;
  let paused = true;
  let pausedAt = 0;
  let room: (() => void) | undefined;
  const isFull = () => inHand >= mailboxRecordsMax || bytesInHand >= MAILBOX_BYTES_MAX;

  return {
    inHand: () => inHand,
    handed(records, bytes) {
      inHand += records;
      bytesInHand += bytes;
    },
    done(records, bytes) {
      inHand -= records;
      bytesInHand -= bytes;
      if (!isFull()) room?.();
    },
    reset() {
      inHand = 0;
      bytesInHand = 0;
      room?.();
    },
    isFull,
    async waitForRoom() {
      if (!isFull()) return;
      await new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, PATIENCE_MS);
        room = () => {
          clearTimeout(patience);
          resolve();
        };
      });
      room = undefined;
    },
    isPaused: () => paused,
    pause() {
      if (!paused) pausedAt = Date.now();
      paused = true;
      consumer.pause({ topic, partition });
    },
    resume() {
      const late = paused && Date.now() - pausedAt > LATE_MS;
      paused = false;
      consumer.resume({ topic, partition });
      return late;
    },
  };
}
