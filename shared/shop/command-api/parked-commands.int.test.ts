// What the intake keeps of messages that it can make nothing of.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createIntake, decideAgain } from "@millrace/commands/intake";
import { createParkedCommands, type ParkedCommands } from "@millrace/commands/parked-commands";
import type { Reply } from "@millrace/commands/replies";
import { testRecord } from "@millrace/commands/testing/test-record";
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { createLog } from "@millrace/platform/log";
import {
  type DeadLetter,
  listDeadLetters,
  requestDiscard,
  requestRetry,
} from "@millrace/projector/dead-letter";
import { eventually } from "@millrace/testing/eventually";
import { newestEntries } from "@millrace/trail/list";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { shop } from "../shop.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const log = createLog("parked-commands-test", "silent");
let api: TestApi;
let parked: ParkedCommands;
let intake: (batch: ReceivedBatch<ReceivedRecord>) => Promise<unknown>;
const replies: Reply[] = [];

const reply = async (some: readonly Reply[]) => {
  replies.push(...some);
};

beforeAll(async () => {
  api = await startTestApi();
  parked = createParkedCommands(api.db, log);
  parked.start((topic, record) => decideAgain({ ...api, log, reply }, topic, record));
  intake = createIntake({ ...api, log, reply, park: parked.park });
}, 60_000);

afterAll(async () => {
  await parked?.stop();
  await api?.stop();
});

function record(offset: number, value: string): ReceivedRecord {
  return { partition: 0, offset, key: null, headers: {}, value, timestamp: "1000" };
}

function batchOf(...records: ReceivedRecord[]): ReceivedBatch<ReceivedRecord> {
  return {
    topic: shop.kafkaNames.commandsTopic,
    partition: 0,
    records,
    fetchedOffset: 0,
    nextOffset: 0,
    highWatermark: 0,
    isStale: () => false,
  };
}

const letters = () => listDeadLetters(api.db, { projection: "command-intake", limit: 1_000 });

async function letterAt(offset: number): Promise<DeadLetter> {
  const found = (await letters()).filter((letter) => letter.offset === offset);
  expect(found).toHaveLength(1);
  return found[0] as DeadLetter;
}

// Seen to fail with nothing parked, and with the look for requests left out.
test("a message that can't be read is kept with its place and cause, and goes when it is discarded", async () => {
  await intake(batchOf({ ...record(1, "not json \0 at all"), key: "bad", headers: { "reply-to": "t" } }));
  const kept = await letterAt(1);
  expect(kept).toMatchObject({
    ...{
      topic: shop.kafkaNames.commandsTopic,
      key: "bad",
      kind: "failed",
      cause: "Must be JSON",
      attempts: 1,
    },
    value: "not json \ufffd at all",
  });
  await requestRetry(api.db, kept.id, NOBODY);
  await eventually(async () => expect(await letterAt(1)).toMatchObject({ attempts: 2, requested: null }));
  expect(replies).toHaveLength(2);
  expect(replies[1]).toEqual(replies[0] as Reply);
  await requestDiscard(api.db, kept.id, NOBODY);
  await eventually(async () => expect(await letters()).toEqual([]));
  const [discarded, retried] = await newestEntries(api.sql, 2);
  expect([retried?.act, discarded?.act]).toEqual(["dead-letter.retry", "dead-letter.discard"]);
  expect(discarded).toMatchObject({ actor: NOBODY.actor, target: String(kept.id) });
  expect(JSON.parse(discarded?.details ?? "")).toMatchObject({ topic: kept.topic, offset: 1 });
});

test("a message that has become readable is decided when it is tried again, once however often", async () => {
  const early = record(2, "not yet");
  await intake(batchOf(early));
  await intake(batchOf(early));
  const { id } = await letterAt(2);
  // As new code would read it.
  const value = JSON.stringify({ type: "createUser", data: { id: "late", name: "A" } });
  await api.sql`update dead_letters set value = ${value} where id = ${id}`;
  await requestRetry(api.db, id, NOBODY);
  await eventually(async () => expect(await api.events("user-late")).toHaveLength(1));
  await eventually(async () => expect(await letters()).toEqual([]));
  await intake(batchOf({ ...early, value }));
  expect(await api.events("user-late")).toHaveLength(1);
});

// Seen to fail with no bound on the tries: its partition stood still for good.
test("a command that fails for no known reason is parked after some tries", async () => {
  const broken = {
    ...api.executor,
    observe() {
      throw new TypeError("undefined is not a function");
    },
  };
  const failing = createIntake({ ...api, executor: broken, log, reply, park: parked.park });
  const batch = batchOf(record(3, JSON.stringify({ type: "createUser", data: { id: "poison", name: "A" } })));
  let tries = 1;
  for (; tries < 20; tries++) {
    const error = await failing(batch).catch((thrown) => thrown);
    if (error === undefined) break;
  }
  expect(tries).toBe(7);
  expect(await letterAt(3)).toMatchObject({ cause: "undefined is not a function", mustKeep: true });
});

test("a message with a key of any length, or with headers of any bytes, is parked like another", async () => {
  const key = Array.from({ length: 500 }, () => Bun.randomUUIDv7()).join("");
  const headers = { kafka_replyPartition: "\0\0\0\u0007", "\0": "\ufffd" };
  await intake(batchOf({ ...record(4, "rubbish"), key, headers }));
  expect(await letterAt(4)).toMatchObject({
    headers,
    key: expect.stringMatching(/^.{500}\.\.\. sha256 \w{64}$/),
  });
});

// Seen to fail with the text alone kept: U+FFFD stood for the bytes of the key and of the correlation id.
test("a message that is tried again has its key and headers byte for byte, and its sender gets them back", async () => {
  replies.length = 0;
  const correlation = Buffer.from([0xff, 0x00, 0xfe]);
  const sent = testRecord({
    ...{ offset: 7, key: Buffer.from([0x80, 0x00]), value: "not json" },
    headers: [
      ["reply-to", "replies"],
      ["correlation-id", correlation],
      ["twice", "a"],
      ["twice", "b"],
      ["without", null],
    ],
  });
  await intake(batchOf(sent));
  const { id } = await letterAt(7);
  await requestRetry(api.db, id, NOBODY);
  await eventually(async () => expect(await letterAt(7)).toMatchObject({ attempts: 2, requested: null }));
  expect(replies).toHaveLength(2);
  expect(replies[1]).toEqual(replies[0] as Reply);
  expect(Object.values(replies[1]?.headers ?? {})).toContainEqual(correlation);
  await requestDiscard(api.db, id, NOBODY);
  await eventually(async () => expect((await letters()).some(({ offset }) => offset === 7)).toBe(false));
});

// Seen to fail while the parking lot could only keep text: U+FFFD stood in the order for what its sender wrote.
test("a message that was not UTF-8 is not carried out as something else when it is tried again", async () => {
  const value = JSON.stringify({ type: "createUser", data: { id: "cafe", name: "Caf\ufffd" } });
  const cause = await decideAgain({ ...api, log, reply }, shop.kafkaNames.commandsTopic, record(5, value));
  expect(cause).toBe("The message is not UTF-8.");
  expect(await api.events("user-cafe")).toEqual([]);
});

// Seen to fail with one bound for both: whoever sends rubbish threw away commands that may be right.
test("rubbish is kept up to its bound and for its time, and takes no command's place that has yet to be decided", async () => {
  await api.sql`delete from dead_letters`;
  const undecided = { record: record(90, "undecided"), cause: "broken", mustKeep: true };
  await parked.park(shop.kafkaNames.commandsTopic, [undecided]);
  const rubbish = Array.from({ length: 1_200 }, (_, n) => record(100 + n, `rubbish ${n}`));
  await intake(batchOf(...rubbish));
  const [{ n } = { n: 0 }] = await api.sql`select count(*)::int as n from dead_letters`;
  expect(n).toBe(1_001);
  await api.sql`update dead_letters set parked_at = now() - interval '31 days'`;
  await intake(batchOf({ ...record(1, "later"), timestamp: "2000" }));
  expect((await letters()).map(({ value }) => value)).toEqual(["undecided", "later"]);
});

test("past the bound of commands that must be kept none is taken off Kafka", async () => {
  await api.sql`delete from dead_letters`;
  await api.sql`
    insert into dead_letters (projection, topic, partition, "offset", key, headers, value, cause, kind, attempts, must_keep)
    select 'command-intake', 'other', 0, n, 'k', '{}', '', 'broken', 'failed', 1, true from generate_series(1, 1000) as n`;
  const undecided = { record: record(6, "{}"), cause: "broken", mustKeep: true };
  const parking = parked.park(shop.kafkaNames.commandsTopic, [undecided]);
  await expect(parking).rejects.toMatchObject({ code: "parking_lot_full", retryable: true });
  expect(
    (await letters()).filter(({ topic, offset }) => topic === shop.kafkaNames.commandsTopic && offset === 6),
  ).toEqual([]);
});
