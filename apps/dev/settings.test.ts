import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { readSettings } from "./settings.ts";

test("a new stack gets a partition a core, two at least and eight at most", () => {
  const { topicPartitions } = readSettings([], {}).config;
  expect(topicPartitions.order).toBe(Math.min(Math.max(availableParallelism(), 2), 8));
});

test("unless the environment names their number", () => {
  expect(readSettings([], { MILLRACE_ORDER_PARTITIONS: "12" }).config.topicPartitions).toEqual({ order: 12 });
});
