import { expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import type { ChangedRow, Position } from "@millrace/read-models/changes";
import { eventually } from "@millrace/testing/eventually";
import { createRowFeed, type FeedEntry } from "./row-feed.ts";

const ROWS = 2_000;

/** A table whose rows change where a test says so; each read answers what has changed since its position. */
function tableOf() {
  const changed: ChangedRow[] = [];
  let printed = 0;
  const source = {
    projection: "counters",
    noun: "counter",
    async changesSince(position: Position) {
      return { rows: changed.filter(({ change }) => change > (position.get(0) ?? 0)), more: false };
    },
    presentPosition: async () => new Map([[0, changed.length]]),
  };
  const feed = createRowFeed(source, createLog("t", "silent"));
  return {
    feed,
    printed: () => printed,
    change(...ids: string[]) {
      for (const id of ids) {
        const row = { partition: 0, change: changed.length + 1, id, version: 1, deleted: false };
        changed.push({
          ...row,
          get document() {
            printed++;
            return "{}";
          },
        });
      }
      feed.rowsChanged({ projection: "counters" });
    },
  };
}

// Seen to fail where a change went to every follower, which looked whether it was its own: 6,000 deliveries.
test("a change goes to its own followers alone, printed once for all of them", async () => {
  const { feed, printed, change } = tableOf();
  const delivered: FeedEntry[] = [];
  const deliver = (entry: FeedEntry) => {
    delivered.push(entry);
  };
  for (let row = 0; row < ROWS; row++) await feed.join({ id: `${row}`, deliver });
  await feed.join({ id: "7", deliver });
  await feed.join({ deliver });
  change("7", "8", "nobody's");
  await eventually(() =>
    expect(delivered.map(({ row }) => row.id)).toEqual(["7", "7", "7", "8", "8", "nobody's"]),
  );
  expect(printed()).toBe(3);
  expect(new Set(delivered.map(({ frame }) => frame)).size).toBe(3);
});

test("a change that nobody follows is not printed", async () => {
  const { feed, printed, change } = tableOf();
  const delivered: FeedEntry[] = [];
  await feed.join({ id: "one", deliver: (entry) => delivered.push(entry) });
  change("other", "another", "one");
  await eventually(() => expect(delivered.length).toBe(1));
  expect(printed()).toBe(1);
});
