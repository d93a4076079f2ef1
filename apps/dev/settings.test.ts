import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { shop } from "@millrace/shop/shop";
import { readSettings } from "./settings.ts";

const busy = shop.aggregates.filter(({ partitions }) => partitions !== undefined).map(({ name }) => name);

test("in a new stack what the shop has most of gets a partition a core, two at least and eight at most", () => {
  const { topicPartitions } = readSettings([], {}).config;
  const each = Math.min(Math.max(availableParallelism(), 2), 8);
  expect(topicPartitions).toEqual(Object.fromEntries(busy.map((name) => [name, each])));
});

test("unless the environment names their number", () => {
  const [name = ""] = [...busy, ...shop.aggregates.map((each) => each.name)];
  const variable = `MILLRACE_${name.toUpperCase()}_PARTITIONS`;
  expect(readSettings([], { [variable]: "12" }).config.topicPartitions[name]).toBe(12);
});
