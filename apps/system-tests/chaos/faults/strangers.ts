// What comes from others: records that no one of ours wrote, commands too large to be events, topics that somebody has
// set so that they refuse, partitions that somebody has added.

import { topicOf } from "@millrace/events/topics";
import { topicOffsets } from "@millrace/kafka/admin";
import { eventTopics } from "@millrace/kafka/names";
import { createPublisher, type OutgoingRecord } from "@millrace/kafka/publish";
import { shop } from "@millrace/shop/shop";
import { laneOf } from "@millrace/store/lanes";
import { printMessages } from "@millrace/store/outbox";
import { eventually } from "@millrace/testing/eventually";
import { recovery } from "../canary.ts";
import type { Random } from "../load/random.ts";
import type { System } from "../system/system.ts";
import type { Fault } from "./fault.ts";

const TOPICS = eventTopics(shop.kafkaNames);

const JUNK_RECORDS = 2_000;

/** A flood on an event topic, half of it under the keys of orders that are alive. */
const junk: Fault = {
  name: "junk",
  weight: 1,
  async run({ system, random }) {
    const topic = random.pick(TOPICS);
    const keys = await system.sql<{ id: string }[]>`select id from orders order by updated_at desc limit 50`;
    const records = Array.from({ length: JUNK_RECORDS }, (_, index): OutgoingRecord => {
      const key = random.chance(0.5) ? (keys[index % keys.length]?.id ?? null) : `junk-${index}`;
      return { topic, key, ...junkContent(random) };
    });
    const publisher = createPublisher(system.client);
    await publisher.publish(records);
    await publisher.disconnect();
    return `${JUNK_RECORDS} records of nobody's on ${topic}`;
  },
};

function junkContent(random: Random): Pick<OutgoingRecord, "value" | "headers"> {
  return random.pick([
    { value: "1", headers: {} },
    { value: "\0\0\0\0\u0001Avro", headers: { "content-type": "avro/binary" } },
    {
      value: "",
      headers: { ce_specversion: "1.0", ce_type: "com.example.thing", ce_source: "/elsewhere", ce_id: "7" },
    },
    { value: '{"type":"OrderShipped"}', headers: { ce_subject: "order-nobody" } },
  ]);
}

const LARGE_LINES = 500;

/** A command by Kafka whose event Kafka can't carry: refused, and never an event. */
const largeCommand: Fault = {
  name: "large-command",
  weight: 1,
  async run({ system, random }) {
    const id = `large-${random.between(0, 1e9)}`;
    const name = "\u5546".repeat(200);
    const products = Array.from({ length: LARGE_LINES }, (_, index) => ({
      id: `${index}${name}`.slice(0, 200),
      name,
      price: 1,
      quantity: 1,
    }));
    const value = JSON.stringify({ type: "CREATE_ORDER", data: { orderId: id, userId: "u", products } });
    const publisher = createPublisher(system.client);
    await publisher.publish([{ topic: shop.kafkaNames.commandsTopic, key: id, value, headers: {} }]);
    await publisher.disconnect();
    await recovery(system, { add() {}, entries: () => [], count: () => 0 }, id);
    const [row] = await system.sql<{ events: number }[]>`
      select count(*)::int as events from events where stream = ${`order-${id}`}`;
    if (row?.events !== 0) throw new Error(`order ${id} was stored, though no topic can carry its event`);
    // It has no outcome but its refusal, which stands with the dead letters of the intake.
    await system.sql`delete from dead_letters where projection = 'command-intake'`;
    return `a command of ${Buffer.byteLength(value)} bytes`;
  },
};

/** Larger than a topic takes unless it is told otherwise. */
const LARGE_BYTES = 1_200_000;
const TAKES_LARGE_BYTES = 4_000_000;
const SET_ASIDE_WITHIN_MS = 30_000;

/**
 * An event that is stored already and too large for its topic, as from before there was a bound: it is set aside by name,
 * everything else goes on, and it goes out once the topic takes it.
 */
const largeEvent: Fault = {
  name: "large-event",
  weight: 1,
  async run({ system, journal, random }) {
    const name = `stored-large-${random.between(0, 1e9)}`;
    await storeLargeOrder(system, name);
    journal.add({
      ...{ name, expected: [`order-${name} OrderCreated`], ending: "acknowledged" as const },
      ...{ sends: 1, tookMs: 0 },
    });
    await eventually(
      async () => {
        const [held] = await system.sql`select cause from relay_held where stream = ${`order-${name}`}`;
        if (!held) throw new Error(`order ${name} is not set aside`);
      },
      { withinMs: SET_ASIDE_WITHIN_MS },
    );
    const recoveryMs = await recovery(system, journal, `beside-${name}`);
    await takeLargeEvents(system);
    try {
      await eventually(
        async () => {
          const [row] = await system.sql`select from orders where id = ${name}`;
          if (!row) throw new Error(`order ${name} is not visible, though its topic takes it now`);
        },
        { withinMs: 2 * SET_ASIDE_WITHIN_MS },
      );
    } finally {
      await setTopic(system, topicOf("order"), {});
    }
    return `${LARGE_BYTES} bytes in one order, the others normal after ${Math.round(recoveryMs)} ms`;
  },
};

/** What an operator does at last: without it, an event that is too large for its topic stays set aside after a refill. */
export async function takeLargeEvents(system: System): Promise<void> {
  await setTopic(system, topicOf("order"), { "max.message.bytes": String(TAKES_LARGE_BYTES) });
}

async function storeLargeOrder({ sql }: System, name: string): Promise<void> {
  const data = {
    ...{ orderId: name, customer: "Lars", lines: [], amount: 0, currency: "USD" },
    written: { note: "n".repeat(LARGE_BYTES) },
  };
  const metadata = { actor: "chaos", correlationId: name, causationId: name };
  const at = new Date().toISOString();
  const event = {
    ...{ stream: `order-${name}`, version: 1, type: "OrderCreated", schemaVersion: 1, at },
    ...{ metadata: JSON.stringify(metadata), data: JSON.stringify(data) },
  };
  await sql.begin(async (tx) => {
    await tx`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      values (${event.stream}, 1, ${event.type}, 1, ${at}, ${event.metadata}::text::json, ${event.data}::text::json)`;
    await tx`
      insert into outbox (lane, records, messages)
      values (${laneOf(event.stream)}, 1, ${printMessages([event])})`;
  });
}

/** Below every event of ours, so that the topic takes none. */
const REFUSING_BYTES = 200;
const REFUSED_FROM_MS = 3_000;
const REFUSED_TO_MS = 20_000;

/** Somebody sets a topic so that it takes nothing; the others must not feel it. */
const refusal: Fault = {
  name: "topic-refuses",
  weight: 1,
  async run({ system, journal, random }) {
    const topic = random.pick(TOPICS);
    const lastedMs = random.between(REFUSED_FROM_MS, REFUSED_TO_MS);
    await setTopic(system, topic, { "max.message.bytes": String(REFUSING_BYTES) });
    try {
      const over = Bun.sleep(lastedMs);
      // Orders and their payments go nowhere near the topic of users.
      if (topic === topicOf("user")) await recovery(system, journal, `refused-${random.between(0, 1e9)}`);
      await over;
    } finally {
      await setTopic(system, topic, {});
    }
    return `${topic} took nothing for ${lastedMs} ms`;
  },
};

/** A topic, among the resources that Kafka's protocol has settings for. */
const TOPIC_RESOURCE = 2;

/** Replaces what is set for the topic. */
async function setTopic(system: System, topic: string, settings: Record<string, string>): Promise<void> {
  const admin = system.client.admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: TOPIC_RESOURCE, name: topic, configEntries }],
    });
  } finally {
    await admin.disconnect();
  }
}

const PARTITIONS_MAX = 10;
const READ_WITHIN_MS = 30_000;

/** Keys move to other partitions from here on, so that a stream's events stand in two of them. */
const growth: Fault = {
  name: "add-partitions",
  weight: 1,
  async run({ system, random }) {
    const topic = random.pick(TOPICS);
    const before = (await topicOffsets(system.client, topic)).length;
    if (before >= PARTITIONS_MAX) return `${topic} has ${before} partitions already`;
    const count = before + random.between(1, 3);
    system.recreated.add(topic);
    const admin = system.client.admin();
    await admin.connect();
    try {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
    } finally {
      await admin.disconnect();
    }
    const projection = topic.replace(/-events$/, "s");
    await eventually(
      async () => {
        const [row] = await system.sql<{ claimed: number }[]>`
          select count(*)::int as claimed from checkpoints where topic = ${topic} and projection = ${projection}`;
        if (row?.claimed !== count)
          throw new Error(`${row?.claimed} of ${topic}'s ${count} partitions are read`);
      },
      { withinMs: READ_WITHIN_MS },
    );
    return `${topic} from ${before} to ${count}`;
  },
};

export const strangers: readonly Fault[] = [junk, largeCommand, largeEvent, refusal, growth];
