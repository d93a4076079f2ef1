// What can happen to records and topics: sent again, sent out of order, and topics deleted and created anew.

import { createTopic, topicOffsets } from "@millrace/kafka/admin";
import { createConsumer } from "@millrace/kafka/consume";
import { eventTopics } from "@millrace/kafka/names";
import { createPublisher, type OutgoingRecord } from "@millrace/kafka/publish";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { deleteRecords } from "@millrace/kafka/topics";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import { lastPosition } from "@millrace/store/position";
import { eventually } from "@millrace/testing/eventually";
import type { System } from "../system/system.ts";
import type { Fault } from "./fault.ts";

const TOPICS = eventTopics(shop.kafkaNames);
const REPEATED_MAX = 500;
const READ_WITHIN_MS = 30_000;

/** Old records once more, newest first: every one of them is out of order and has been applied long since. */
const redeliver: Fault = {
  name: "redeliver",
  weight: 1,
  async run({ system, random }) {
    const topic = random.pick(TOPICS);
    const old = await someRecords(system, topic);
    const again: OutgoingRecord[] = old
      .reverse()
      .map(({ key, value, headers }) => ({ topic, key, value: value ?? "", headers }));
    const publisher = createPublisher(system.client);
    await publisher.publish(again);
    await publisher.disconnect();
    return `${again.length} old records of ${topic}, newest first`;
  },
};

/** The topic's first records, as many as there are up to a bound. */
async function someRecords(system: System, topic: string): Promise<ReceivedRecord[]> {
  const offsets = await topicOffsets(system.client, topic);
  const kept = offsets.reduce((sum, { low, high }) => sum + high - low, 0);
  const wanted = Math.min(kept, REPEATED_MAX);
  const found: ReceivedRecord[] = [];
  if (wanted === 0) return found;
  const consumer = createConsumer(system.client, {
    groupId: `redeliver-${crypto.randomUUID()}`,
    topics: [topic],
    log: createLog("redeliver", "silent"),
    async handle({ records }) {
      found.push(...records);
      return true;
    },
  });
  consumer.start();
  await eventually(
    () => {
      if (found.length < wanted) throw new Error(`read ${found.length} of ${wanted} records of ${topic}`);
    },
    { withinMs: READ_WITHIN_MS },
  ).finally(() => consumer.stop());
  return found.slice(0, REPEATED_MAX);
}

/** Consumers are at work, or some of them are away and find another topic when they come back. */
const recreate: Fault = {
  name: "recreate-topic",
  weight: 1,
  async run({ system, random }) {
    const topic = random.pick(TOPICS);
    const away = random.chance(0.5) ? system.ofKind("projector") : [];
    for (const service of away) service.freeze();
    try {
      const partitions = (await topicOffsets(system.client, topic)).length;
      system.recreated.add(topic);
      await deleteTopic(system, topic);
      await createTopic(system.client, topic, partitions);
      // The relay fills the topic past every checkpoint before the projectors look again.
      if (away.length > 0) await filledAgain(system, topic);
    } finally {
      for (const service of away) service.thaw();
    }
    return away.length > 0 ? `${topic}, with the projectors frozen until it was full again` : topic;
  },
};

const LONG_ENOUGH_MS = 3_000;

/** Nobody reads for a while, and Kafka forgets what came meanwhile, as it does when its retention is over. */
const forget: Fault = {
  name: "forget-records",
  weight: 1,
  async run({ system, random }) {
    const topic = random.pick(TOPICS);
    const readers = [...system.ofKind("projector"), ...system.ofKind("processes")];
    system.recreated.add(topic);
    const frozen = random.chance(0.5);
    await Promise.all(readers.map((reader) => (frozen ? reader.freeze() : reader.pause())));
    try {
      await Bun.sleep(LONG_ENOUGH_MS);
      system.forgotten.set(topic, await lastPosition(system.sql));
      const forgotten = await deleteRecords(system.client, topic);
      return `${forgotten} records of ${topic}, while all readers were ${frozen ? "frozen" : "away"}`;
    } finally {
      for (const reader of readers) frozen ? reader.thaw() : reader.resume();
    }
  },
};

async function deleteTopic(system: System, topic: string): Promise<void> {
  const admin = system.client.admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [topic] });
    await eventually(
      async () => {
        if ((await admin.listTopics()).includes(topic)) throw new Error(`${topic} is still there`);
      },
      { withinMs: READ_WITHIN_MS, everyMs: 50 },
    );
  } finally {
    await admin.disconnect();
  }
}

/** However long that takes: what fails it is that nothing more comes. */
async function filledAgain(system: System, topic: string): Promise<void> {
  const [row] = await system.sql<{ events: number }[]>`
    select count(*)::int as events from events where stream like ${`${topic.replace(/-events$/, "")}-%`}`;
  const events = row?.events ?? 0;
  const count = async () =>
    (await topicOffsets(system.client, topic)).reduce((sum, { high }) => sum + high, 0);
  for (let records = await count(); records < events; ) {
    const before = records;
    await eventually(
      async () => {
        records = await count();
        if (records <= before) throw new Error(`${topic} still holds ${records} of ${events} events`);
      },
      { withinMs: READ_WITHIN_MS, everyMs: 100 },
    );
  }
}

export const topics: readonly Fault[] = [redeliver, recreate, forget];
