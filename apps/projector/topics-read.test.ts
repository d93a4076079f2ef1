import { expect, test } from "bun:test";
import { topicsRead } from "./topics-read.ts";

const of = (...topics: string[]) => ({
  sources: topics.map((topic) => ({ category: "any", topic, schemaVersionOf: () => 1 })),
});

// Seen to fail with every topic of EVENT_TOPICS subscribed: a partition that no read model wants was claimed by nobody,
// and /readyz said "2 partitions are not claimed yet" for ever.
test("a topic is read where a read model is made of it, once for all of them, and else not at all", () => {
  expect(topicsRead([of("thing-events"), of("thing-events", "note-events")])).toEqual([
    "thing-events",
    "note-events",
  ]);
  expect(topicsRead([])).toEqual([]);
});
