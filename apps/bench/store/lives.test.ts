import { expect, test } from "bun:test";
import { copyLine, rowLine } from "./copy-lines.ts";
import { makeLife } from "./lives.ts";

const at = Date.parse("2026-01-01T00:00:00Z");
const lives = [0, 1, 2, 3].map((ordinal) =>
  makeLife({ ordinal, at, eventsMax: 3, customers: 10, partitionOf: () => 2 }),
);

test("lives end in different places, with two events each on average", () => {
  expect(lives.map(({ row }) => row.value.order.status)).toEqual([
    "CREATED",
    "SHIPPED",
    "SHIPPED",
    "DELIVERED",
  ]);
  expect(lives.map(({ events }) => events.length)).toEqual([1, 2, 2, 3]);
});

test("a row is where its stream is", () => {
  for (const { events, row } of lives) {
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
    expect(row).toMatchObject({ version: events.length, updatedAt: events.at(-1)?.at, partition: 2 });
    expect(events[0]?.stream).toBe(`order-${row.id}`);
  }
});

test("a life is cut where the store is to have no more events", () => {
  expect(makeLife({ ordinal: 3, at, eventsMax: 1, customers: 10, partitionOf: () => 0 }).row.version).toBe(1);
});

test("COPY reads a line's fields as they were", () => {
  expect(copyLine(["a\tb\\c\nd", null, 1, true])).toBe("a\\tb\\\\c\\nd\t\\N\t1\ttrue\n");
  const document = rowLine(lives[1]?.row as (typeof lives)[number]["row"]).split("\t")[10] ?? "";
  expect(JSON.parse(document)).toMatchObject({ customer: "customer-1", status: "SHIPPED", version: 2 });
});
