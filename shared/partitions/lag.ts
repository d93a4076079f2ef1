// How far everything that reads a topic is behind.
import { topicEnds } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { kafkaFailure } from "@millrace/kafka/failure";
import { type GroupPosition, groupPositions, listTopics } from "@millrace/kafka/topics";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";

export interface Lag {
  /** Where the place is kept: a projection's checkpoint in Postgres decides, a group's offset in Kafka may only tell. */
  readonly kind: "projection" | "group";
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  /** The next offset to be handled, and the next to be written. */
  readonly offset: number;
  readonly end: number;
  readonly lag: number;
}

/** @throws Failure `postgres_unavailable`, `kafka_unavailable` */
export async function readLag({ sql, kafka }: { sql: Sql; kafka: KafkaClient }): Promise<Lag[]> {
  const [checkpoints, { groups, ends }] = await Promise.all([readCheckpoints(sql), readGroups(kafka)]);
  const lagOf = (kind: Lag["kind"], at: Omit<Lag, "kind" | "end" | "lag">): Lag => {
    const end = ends.get(`${at.topic}/${at.partition}`) ?? 0;
    return { kind, ...at, end, lag: Math.max(0, end - at.offset) };
  };
  return [
    ...checkpoints.map((row) => lagOf("projection", { ...row, offset: Number(row.offset) })),
    ...groups
      .filter(({ offset }) => offset !== undefined)
      .sort(byPlace)
      .map(({ group, topic, partition, offset = 0 }) =>
        lagOf("group", { name: group, topic, partition, offset }),
      ),
  ];
}

function byPlace(left: GroupPosition, right: GroupPosition): number {
  const [one, other] = [left, right].map(({ group, topic }) => `${group} ${topic}`) as [string, string];
  if (one !== other) return one < other ? -1 : 1;
  return left.partition - right.partition;
}

async function readCheckpoints(sql: Sql) {
  try {
    return await sql<{ name: string; topic: string; partition: number; offset: string }[]>`
      select projection as name, topic, partition, "offset" from checkpoints
      where projection not like '%@previous' order by 1, 2, 3`;
  } catch (error) {
    throw postgresFailure("reading checkpoints", error);
  }
}

async function readGroups(kafka: KafkaClient) {
  try {
    const [groups, topics] = await Promise.all([groupPositions(kafka), listTopics(kafka)]);
    const names = topics.map(({ topic }) => topic);
    const places = await topicEnds(kafka, names);
    return { groups, ends: new Map(places.map((end) => [`${end.topic}/${end.partition}`, end.offset])) };
  } catch (error) {
    throw kafkaFailure("reading the ends of topics", error);
  }
}
