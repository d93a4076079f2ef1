import { expect, test } from "bun:test";
import { topicsRead } from "./projections.ts";

// Seen to fail with every topic of EVENT_TOPICS subscribed: a partition that no read model wants was claimed by nobody,
// and /readyz said "2 partitions are not claimed yet" for ever.
test("a topic is read where a read model is made of it, once for all of them, and else not at all", () => {
  expect(topicsRead([{ topic: "order-events" }, { topic: "order-events" }])).toEqual(["order-events"]);
  expect(topicsRead([])).toEqual([]);
});
