import { describe, expect, test } from "bun:test";
import { NO_NAMES } from "./names.ts";
import { partitionOf } from "./partition-of.ts";
import { type Cluster, produce, type Sent, UNREACHABLE } from "./produce.ts";
import { createRefusals } from "./refusals.ts";

/** A key whose records go to that partition of four. */
const keyOf = (partition: number) =>
  [...Array(100).keys()].map(String).find((key) => partitionOf(key, 4) === partition) as string;
const record = (topic: string, partition: number) => ({
  topic,
  key: keyOf(partition),
  value: "{}",
  headers: {},
});
const fault = (type: string) => Object.assign(new Error(type), { type });

interface Answer {
  readonly partition: number;
  readonly baseOffset: string;
  readonly error?: unknown;
}

/** Topic `t` of four partitions, led by brokers 1, 1, 2 and none; topic `gone` is not there. */
function cluster(answers: Record<number, readonly Answer[] | Error>): Cluster & { readonly asked: number[] } {
  const asked: number[] = [];
  const leaders = [1, 1, 2, -1];
  return {
    asked,
    brokerPool: {
      metadata: {
        topicMetadata: [
          {
            topic: "t",
            partitionMetadata: leaders.map((leader, partitionId) => ({ leader, partitionId })),
          },
          { topic: "gone", error: fault("UNKNOWN_TOPIC_OR_PARTITION"), partitionMetadata: [] },
        ],
      },
    },
    addMultipleTargetTopics: async () => {},
    refreshMetadataIfNecessary: async () => {},
    async findBroker({ nodeId }) {
      asked.push(nodeId);
      const answer = answers[nodeId] ?? [];
      if (answer instanceof Error) throw answer;
      const response = { topics: [{ topicName: "t", partitions: answer }] };
      const error = answer.find((each) => each.error)?.error;
      return {
        produce: () =>
          error ? Promise.reject(Object.assign(error, { response })) : Promise.resolve(response),
      };
    },
  };
}

/** By partition, the offset or the code of the refusal. */
function fates(sent: readonly Sent[]): Record<string, number | string> {
  return Object.fromEntries(
    sent.map((group) => [
      `${group.topic}/${group.partition}`,
      "offset" in group ? group.offset : group.refusal.code,
    ]),
  );
}

const everywhere = [0, 1, 2, 3].map((partition) => record("t", partition)).concat(record("gone", 0));

const asked = (cluster: Cluster) => ({
  cluster,
  named: { prefix: "", names: NO_NAMES, principal: "User:test" },
});

describe("produce", () => {
  test("each partition has its own fate", async () => {
    const kafka = cluster({
      1: [
        { partition: 0, baseOffset: "7" },
        { partition: 1, baseOffset: "-1", error: fault("MESSAGE_TOO_LARGE") },
      ],
      2: [{ partition: 2, baseOffset: "0" }],
    });
    expect(fates(await produce(asked(kafka), everywhere))).toEqual({
      "t/0": 7,
      "t/1": "MESSAGE_TOO_LARGE",
      "t/2": 0,
      "t/3": "LEADER_NOT_AVAILABLE",
      "gone/undefined": "UNKNOWN_TOPIC_OR_PARTITION",
    });
  });

  test("a leader that is away holds up only its partitions", async () => {
    const kafka = cluster({ 1: new Error("no connection"), 2: [{ partition: 2, baseOffset: "3" }] });
    expect(fates(await produce(asked(kafka), everywhere.slice(0, 3)))).toEqual({
      "t/0": UNREACHABLE,
      "t/1": UNREACHABLE,
      "t/2": 3,
    });
  });

  test("a record counts as stored only where its partition is among the answers", async () => {
    const kafka = cluster({ 1: [{ partition: 0, baseOffset: "7" }] });
    expect(fates(await produce(asked(kafka), everywhere.slice(0, 2)))).toEqual({
      "t/0": 7,
      "t/1": UNREACHABLE,
    });
  });
});

describe("createRefusals", () => {
  const refused = (code: string): Sent => ({
    topic: "t",
    partition: 2,
    records: [0],
    refusal: { code, error: fault(code) },
  });

  test("a partition that refused is not asked for a while, which grows, and then it is", async () => {
    let now = 0;
    const refusals = createRefusals(() => now);
    for (const waitMs of [100, 200, 400]) {
      refusals.note([refused("NOT_ENOUGH_REPLICAS")], 1);
      now += waitMs - 1;
      const kafka = cluster({ 2: [{ partition: 2, baseOffset: "0" }] });
      expect(fates(await produce(asked(kafka), [record("t", 2)], refusals.of))).toEqual({
        "t/2": "NOT_ENOUGH_REPLICAS",
      });
      expect(kafka.asked).toEqual([]);
      now += 1;
      expect(fates(await produce(asked(kafka), [record("t", 2)], refusals.of))).toEqual({ "t/2": 0 });
    }
  });

  test("one that answers slowly is not asked for three times as long as its answer took", () => {
    let now = 0;
    const refusals = createRefusals(() => now);
    refusals.note([refused("REQUEST_TIMED_OUT")], 10_000);
    now = 29_999;
    expect(refusals.of("t", 2)?.code).toBe("REQUEST_TIMED_OUT");
    now = 30_000;
    expect(refusals.of("t", 2)).toBeUndefined();
  });

  test("a record that is too large says nothing of its partition", () => {
    const refusals = createRefusals(() => 0);
    refusals.note([refused("MESSAGE_TOO_LARGE")], 1);
    expect(refusals.of("t", 2)).toBeUndefined();
  });
});
