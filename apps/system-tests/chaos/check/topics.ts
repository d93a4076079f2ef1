// Kafka against the event store: each event at least once, each stream's first deliveries in order.

import { topicOffsets } from "@millrace/kafka/admin";
import { createConsumer } from "@millrace/kafka/consume";
import { fromRecord, UnreadableRecord } from "@millrace/kafka/event-record";
import { eventTopics } from "@millrace/kafka/names";
import type { FetchedRecord } from "@millrace/kafka/received-record";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import type { System } from "../system/system.ts";
import { type Findings, find } from "./finding.ts";

export interface TopicCounts {
  readonly records: number;
  /** Deliveries of an event that the topic held already. */
  readonly repeated: number;
}

/** A long run's topics are read in much less. */
const READ_WITHIN_MS = 300_000;

export async function checkTopics(system: System, findings: Findings): Promise<TopicCounts> {
  const highest = new Map<string, number>();
  /** Of topics that were created anew, where what was published before the discovery stands first. */
  const scattered = new Map<string, Set<number>>();
  let records = 0;
  let repeated = 0;
  const take = (topic: string, stream: string, version: number) => {
    records++;
    if (system.recreated.has(topic)) {
      const versions = scattered.get(stream) ?? new Set();
      scattered.set(stream, versions.add(version));
      return;
    }
    const seen = highest.get(stream) ?? 0;
    if (version <= seen) repeated++;
    else if (version === seen + 1) highest.set(stream, version);
    else find(findings, "outOfOrder", `${stream}@${version} follows @${seen} on its topic`);
  };
  await readTopics(system, take);
  const streams = await system.sql<{ stream: string; last: number }[]>`
    select stream, max(version) as last from events group by stream`;
  // Kafka was made to forget these after they had been read: whether they took effect, the rows tell.
  for (const { stream, last } of await forgotten(system)) {
    const versions = scattered.get(stream) ?? new Set();
    for (let version = 1; version <= last; version++) versions.add(version);
    scattered.set(stream, versions);
  }
  for (const { stream, last } of streams) {
    const seen = scattered.get(stream)?.size ?? highest.get(stream) ?? 0;
    if (seen < last) {
      find(findings, "skipped", `${stream} has ${last} events, and on its topic ${seen}`);
      findings.skipped += last - seen - 1;
    }
  }
  return { records, repeated };
}

/** How far streams had come whose topic's records were deleted. */
async function forgotten({ sql, forgotten: topics }: System): Promise<{ stream: string; last: number }[]> {
  const found = await Promise.all(
    [...topics].map(
      ([topic, position]) => sql<{ stream: string; last: number }[]>`
        select stream, max(version) as last from events
        where position <= ${position} and stream like ${`${topic.replace(/-events$/, "")}-%`} group by stream`,
    ),
  );
  return found.flatMap((rows) => [...rows]);
}

/** Every record of the event topics, from the first that is kept to what is the last now. */
async function readTopics(
  system: System,
  take: (topic: string, stream: string, version: number) => void,
): Promise<void> {
  const topics = eventTopics(shop.kafkaNames);
  const wanted = new Map<string, number>();
  for (const topic of topics) {
    for (const { partition, low, high } of await topicOffsets(system.client, topic)) {
      if (high > low) wanted.set(`${topic}/${partition}`, high);
    }
  }
  if (wanted.size === 0) return;
  const finished = Promise.withResolvers<void>();
  const overrun = setTimeout(
    () => finished.reject(new Error(`the topics were not read within ${READ_WITHIN_MS} ms`)),
    READ_WITHIN_MS,
  );
  const consumer = createConsumer(system.client, {
    groupId: `checker-${crypto.randomUUID()}`,
    topics,
    log: createLog("checker", "silent"),
    async handle({ topic, partition, records }) {
      for (const record of records) {
        const event = eventOf(record);
        if (event) take(topic, event.stream, event.version);
      }
      const name = `${topic}/${partition}`;
      const last = records.at(-1)?.offset ?? -1;
      if (last + 1 >= (wanted.get(name) ?? Number.POSITIVE_INFINITY)) wanted.delete(name);
      if (wanted.size === 0) finished.resolve();
      return true;
    },
  });
  consumer.start();
  await finished.promise.finally(() => {
    clearTimeout(overrun);
    return consumer.stop();
  });
}

/** Undefined for what strangers have put on the topic. */
function eventOf(record: FetchedRecord) {
  try {
    return fromRecord(record);
  } catch (error) {
    if (error instanceof UnreadableRecord) return undefined;
    throw error;
  }
}
