// What the intake keeps of messages that it can make nothing of.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { COMMANDS_TOPIC } from "@millrace/contract/topics";
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import {
  type DeadLetter,
  listDeadLetters,
  requestDiscard,
  requestRetry,
} from "@millrace/partitions/dead-letter";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { createIntake, decideAgain } from "./intake.ts";
import { createParkedCommands, type ParkedCommands } from "./parked-commands.ts";
import type { Reply } from "./replies.ts";
import { startTestApi, type TestApi } from "./start-test-api.ts";

const log = createLog("parked-commands-test", "silent");
let api: TestApi;
let parked: ParkedCommands;
let intake: (batch: ReceivedBatch<ReceivedRecord>) => Promise<void>;
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
    topic: COMMANDS_TOPIC,
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
    ...{ topic: COMMANDS_TOPIC, key: "bad", kind: "failed", cause: "Must be JSON", attempts: 1 },
    value: "not json \ufffd at all",
  });
  await requestRetry(api.db, kept.id);
  await eventually(async () => expect(await letterAt(1)).toMatchObject({ attempts: 2, requested: null }));
  expect(replies).toHaveLength(2);
  expect(replies[1]).toEqual(replies[0] as Reply);
  await requestDiscard(api.db, kept.id);
  await eventually(async () => expect(await letters()).toEqual([]));
});

test("a message that has become readable is decided when it is tried again, once however often", async () => {
  const early = record(2, "not yet");
  await intake(batchOf(early));
  await intake(batchOf(early));
  const { id } = await letterAt(2);
  // As new code would read it.
  const value = JSON.stringify({ type: "createUser", data: { id: "late", name: "A" } });
  await api.sql`update dead_letters set value = ${value} where id = ${id}`;
  await requestRetry(api.db, id);
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
  expect(await letterAt(3)).toMatchObject({ cause: "undefined is not a function" });
});

test("no more messages are kept than the bound says, and none for longer", async () => {
  const rubbish = Array.from({ length: 1_200 }, (_, n) => record(n, `rubbish ${n}`));
  await intake(batchOf(...rubbish));
  const [{ n } = { n: 0 }] = await api.sql`select count(*)::int as n from dead_letters`;
  expect(n).toBe(1_000);
  await api.sql`update dead_letters set parked_at = now() - interval '31 days'`;
  await intake(batchOf({ ...record(1, "later"), timestamp: "2000" }));
  expect((await letters()).map(({ value }) => value)).toEqual(["later"]);
});
