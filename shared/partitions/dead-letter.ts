// The parking lot. A parked key's later records are parked behind it, so that its order holds.

import { and, eq } from "drizzle-orm";
import type { ReceivedRecord } from "@millrace/kafka/consume";
import type { CheckpointKey, Tx } from "./checkpoint.ts";
import { deadLetters } from "./tables.ts";

export interface ParkedRecord {
  readonly record: ReceivedRecord;
  readonly kind: "failed" | "waiting";
  readonly cause: string;
  readonly attempts: number;
}

/** A record's key as the parking lot groups it; records without a key are their own group each. */
export function parkingKey(record: ReceivedRecord): string {
  return record.key ?? `offset ${record.offset}`;
}

export async function park(tx: Tx, at: CheckpointKey, parked: readonly ParkedRecord[]): Promise<void> {
  if (parked.length === 0) return;
  await tx.insert(deadLetters).values(
    parked.map(({ record, kind, cause, attempts }) => ({
      projection: at.projection,
      topic: at.topic,
      partition: at.partition,
      offset: record.offset,
      key: parkingKey(record),
      headers: record.headers,
      value: record.value,
      kind,
      cause,
      attempts,
    })),
  );
}

/** Keys of the partition that have a record in the parking lot. */
export async function parkedKeys(tx: Tx, at: CheckpointKey): Promise<Set<string>> {
  const rows = await tx
    .selectDistinct({ key: deadLetters.key })
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.projection, at.projection),
        eq(deadLetters.topic, at.topic),
        eq(deadLetters.partition, at.partition),
      ),
    );
  return new Set(rows.map((row) => row.key));
}
