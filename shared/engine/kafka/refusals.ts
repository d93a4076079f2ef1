// Remembers which partitions refused what they were sent, so that nothing waits for each of them again at every publish.

import { backoffMs } from "@millrace/platform/backoff";
import type { Group, Refusal, Sent } from "./produce.ts";

/** What Kafka says of a record, not of its partition: another record may well be stored there. */
const OF_A_RECORD = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "CORRUPT_MESSAGE",
]);

/** Whether the records of a refused group may have different fates. */
export function isOfARecord(refusal: Refusal): boolean {
  return OF_A_RECORD.has(refusal.code);
}

export interface Refusals {
  /** Why the partition is not to be asked now; undefined where it is. */
  of(topic: string, partition: number | undefined): Refusal | undefined;
  /** What became of groups that were sent, after so long. */
  note(sent: readonly Sent[], tookMs: number): void;
}

/**
 * Times, in ms, for which a partition is not asked again: an election takes less than the first ones together, and what
 * waits for the partition goes on no later than the longest after it is well again.
 */
const BACKOFF = { firstMs: 100, mostMs: 5_000 };
/** A partition that answers slowly is asked for a quarter of the time at most, since all others wait for its answer. */
const TIMES_ITS_ANSWER = 3;

export function createRefusals(now: () => number = () => performance.now()): Refusals {
  const closed = new Map<string, { refusal: Refusal; until: number; refusals: number }>();
  return {
    of(topic, partition) {
      const known = closed.get(placeOf({ topic, partition }));
      return known && known.until > now() ? known.refusal : undefined;
    },
    note(sent, tookMs) {
      for (const group of sent) {
        const place = placeOf(group);
        if ("offset" in group || isOfARecord(group.refusal)) closed.delete(place);
        else if ((closed.get(place)?.until ?? 0) <= now()) {
          const refusals = (closed.get(place)?.refusals ?? 0) + 1;
          const until = now() + Math.max(backoffMs(refusals, BACKOFF), tookMs * TIMES_ITS_ANSWER);
          closed.set(place, { refusal: group.refusal, until, refusals });
        }
      }
    },
  };
}

function placeOf({ topic, partition }: Pick<Group, "topic" | "partition">): string {
  return partition === undefined ? topic : `${topic}/${partition}`;
}
