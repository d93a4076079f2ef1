// What a key's records wait for, as far as Postgres knows: for those who ask why nothing happens.
import { partitionOf } from "@millrace/kafka/partition-of";
import type { Sql } from "@millrace/platform/postgres";
import { parkingKey } from "./dead-letter.ts";

export interface Wait {
  /** Who has not handled them. */
  readonly projection: string;
  /** A record of the key failed and is parked; only newer code can read it; or its partition stands still. */
  readonly for: "dead-letter" | "newer-code" | "partition";
  readonly topic: string;
  readonly partition: number;
  readonly cause: string;
  /** The key's records in the parking lot; 0 where the partition stands still. */
  readonly records: number;
  /** Number of the oldest of them, as `ops dead-letters` takes it. */
  readonly letter?: number;
}

export async function waitsOf(sql: Sql, topic: string, key: string): Promise<Wait[]> {
  const parked = await sql<(Omit<Wait, "for"> & { kind: string; letter: number })[]>`
    select distinct on (projection, partition) projection, topic, partition, cause, kind, id::int as letter,
      (count(*) over (partition by projection, partition))::int as records
    from dead_letters where topic = ${topic} and key = ${parkingKey({ key, offset: 0 })} and projection not like '%@%'
    order by projection, partition, id`;
  const still = await sql<(Omit<Wait, "for" | "records"> & { partitions: number })[]>`
    select projection, topic, partition, stands_still as cause, partitions
    from (select *, (max(partition) over (partition by projection) + 1)::int as partitions
      from checkpoints where topic = ${topic} and projection not like '%@%') as own
    where stands_still is not null`;
  return [
    ...parked.map(({ kind, ...wait }) => ({
      ...wait,
      for: kind === "failed" ? ("dead-letter" as const) : ("newer-code" as const),
    })),
    ...still
      .filter(({ partition, partitions }) => partitionOf(key, partitions) === partition)
      .map(({ partitions: _, ...wait }) => ({ ...wait, for: "partition" as const, records: 0 })),
  ];
}

/** A line for a person: what waits, for what, and what to do. */
export function waitText({ projection, for: what, topic, partition, cause, records, letter }: Wait): string {
  const place = `${projection} of ${topic}/${partition}`;
  switch (what) {
    case "dead-letter":
      return `${place}: ${records} records are parked, the first for: ${cause}. Once that is mended: bun run ops dead-letters retry ${letter}`;
    case "newer-code":
      return `${place}: ${records} records wait, the first for: ${cause}. They go on by themselves once newer code runs`;
    case "partition":
      return `${place}: the whole partition stands still: ${cause}`;
  }
}
