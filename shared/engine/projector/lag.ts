// How far everything that reads a topic is behind.

import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { isKafkaError, kafkaFailure } from "@millrace/kafka/failure";
import { eventTopics, GROUPS, type KafkaNames, topicInKafka } from "@millrace/kafka/names";
import { type GroupPosition, groupPositions } from "@millrace/kafka/topics";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";

export interface Lag {
  /** Where the place is kept: a projection's checkpoint in Postgres decides, a group's offset in Kafka may only tell. */
  readonly kind: "projection" | "group";
  readonly name: string;
  /** As Kafka has it. */
  readonly topic: string;
  readonly partition: number;
  /** The next offset to be handled, and the next to be written. */
  readonly offset: number;
  readonly end: number;
  readonly lag: number;
  /** Whether this decides that Millrace is behind: other people's groups don't, nor ours that keep checkpoints. */
  readonly decides: boolean;
}

/** Stands for the projection where none has ever read anything. */
export const NOBODY_YET = "(nobody yet)";
/** Other people's topics that are asked for at once, each by a client of its own: one that is gone fails no other. */
const ASKED_AT_ONCE_MAX = 8;

interface Kept {
  readonly low: number;
  readonly high: number;
}

type Place = Pick<Lag, "name" | "topic" | "partition"> & { readonly offset: number | undefined };

/** @throws Failure `postgres_unavailable`, `kafka_unavailable` */
export async function readLag({ sql, kafka }: { sql: Sql; kafka: KafkaClient }): Promise<Lag[]> {
  const [checkpoints, { groups, kept }] = await Promise.all([readCheckpoints(sql), readKafka(kafka)]);
  const lagOf = (kind: Lag["kind"], { name, topic, partition, offset }: Place, decides: boolean): Lag => {
    const { low, high } = kept.get(topic)?.get(partition) ?? { low: 0, high: 0 };
    // A place past the end is that of a topic which was created anew since: all of the new one is ahead.
    const from = offset === undefined || offset > high ? low : Math.max(offset, low);
    const lag = Math.max(0, high - from);
    return {
      kind,
      name,
      topic: topicInKafka(kafka, topic),
      partition,
      offset: offset ?? low,
      end: high,
      lag,
      decides,
    };
  };
  const commands = groups.filter(({ group, ours }) => ours && group === GROUPS.commands).map(placeOf);
  const others = groups.filter(({ group, ours }) => !(ours && group === GROUPS.commands));
  const { commandsTopic } = kafka.names;
  const byCommands = [{ name: GROUPS.commands, topic: commandsTopic }];
  return [
    ...[...checkpoints, ...unclaimed(kafka.names, checkpoints, kept)].map((at) =>
      lagOf("projection", at, true),
    ),
    ...[...commands, ...unclaimedOf(byCommands, commands, kept)]
      .filter(({ topic }) => topic === commandsTopic)
      .map((at) => lagOf("group", at, true)),
    ...others
      .filter(({ offset }) => offset !== undefined)
      .sort(byPlace)
      .map((position) => lagOf("group", placeOf(position), false)),
  ];
}

/** Partitions of our topics that hold records and have no checkpoint, as those do that were only just added. */
function unclaimed(
  names: KafkaNames,
  checkpoints: readonly Place[],
  kept: ReadonlyMap<string, Map<number, Kept>>,
): Place[] {
  const readers = eventTopics(names).flatMap((topic) => {
    const readBy = new Set(checkpoints.filter((at) => at.topic === topic).map(({ name }) => name));
    // Where others are read and this one is not, no read model is made of it.
    const unread = checkpoints.length === 0 ? [NOBODY_YET] : [];
    return [...(readBy.size > 0 ? readBy : unread)].map((name) => ({ name, topic }));
  });
  return unclaimedOf(readers, checkpoints, kept);
}

function unclaimedOf(
  readers: readonly { name: string; topic: string }[],
  places: readonly Place[],
  kept: ReadonlyMap<string, Map<number, Kept>>,
): Place[] {
  const claimed = new Set(
    places.flatMap(({ name, topic, partition, offset }) =>
      offset === undefined ? [] : `${name} ${topic}/${partition}`,
    ),
  );
  return readers.flatMap(({ name, topic }) =>
    [...(kept.get(topic) ?? [])]
      .filter(([partition, { low, high }]) => high > low && !claimed.has(`${name} ${topic}/${partition}`))
      .map(([partition]) => ({ name, topic, partition, offset: undefined })),
  );
}

function placeOf({ group, topic, partition, offset }: GroupPosition): Place {
  return { name: group, topic, partition, offset };
}

function byPlace(left: GroupPosition, right: GroupPosition): number {
  const [one, other] = [left, right].map(({ group, topic }) => `${group} ${topic}`) as [string, string];
  if (one !== other) return one < other ? -1 : 1;
  return left.partition - right.partition;
}

async function readCheckpoints(sql: Sql): Promise<Place[]> {
  try {
    const rows = await sql<{ name: string; topic: string; partition: number; offset: string }[]>`
      select projection as name, topic, partition, "offset" from checkpoints
      where projection not like '%@previous' order by 1, 2, 3`;
    return rows.map((row) => ({ ...row, offset: Number(row.offset) }));
  } catch (error) {
    throw postgresFailure("reading checkpoints", error);
  }
}

async function readKafka(kafka: KafkaClient) {
  try {
    const groups = await groupPositions(kafka);
    const ours = [...eventTopics(kafka.names), kafka.names.commandsTopic];
    const others = [...new Set(groups.map(({ topic }) => topic))].filter((topic) => !ours.includes(topic));
    const kept = new Map(
      await Promise.all(ours.map(async (topic) => [topic, await keptOf(kafka, topic)] as const)),
    );
    for (let at = 0; at < others.length; at += ASKED_AT_ONCE_MAX) {
      const asked = others.slice(at, at + ASKED_AT_ONCE_MAX);
      const settled = await Promise.allSettled(asked.map((topic) => keptOf(kafka, topic)));
      for (const [index, one] of settled.entries())
        if (one.status === "fulfilled") kept.set(asked[index] as string, one.value);
    }
    // Of a topic that can't be asked for, nobody can say how far its readers are.
    return { groups: groups.filter(({ topic }) => kept.has(topic)), kept };
  } catch (error) {
    throw kafkaFailure("reading the ends of topics", error);
  }
}

/** Nothing of a topic that is not there. */
async function keptOf(kafka: KafkaClient, topic: string): Promise<Map<number, Kept>> {
  try {
    const offsets = await topicOffsets(kafka, topic);
    offsets.sort((left, right) => left.partition - right.partition);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low, high }]));
  } catch (error) {
    if (isKafkaError(error, ["UNKNOWN_TOPIC_OR_PARTITION"])) return new Map();
    throw error;
  }
}
