import { describe, expect, test } from "bun:test";
import { type Lived, lifeOf, type Outcome } from "./life.ts";
import { Timeline } from "./timeline.tsx";

const lived = (stream: string, version: number, more: Partial<Lived> = {}): Lived => ({
  ...{
    stream,
    version,
    type: "Happened",
    at: `2026-01-01T00:00:0${version}.000Z`,
    actor: "ann",
    request: "r1",
  },
  ...{ cause: "r1", said: ["DoIt", "thing-events 3/17"], href: "/streams/x" },
  ...more,
});
const ROW: Outcome = { kind: "row", title: "Row at version 2", said: ["level"], href: "#document" };
const life = (events: readonly Lived[], outcomes: readonly Outcome[] = []) =>
  lifeOf({ stream: "thing-A", events, outcomes, requestHref: (id) => `/correlations/${id}` });
const keysOf = (events: readonly Lived[]) => life(events).entries.map(({ key }) => key);

describe("a life", () => {
  test("begins with its request, goes through streams beside its own, and ends with the row", () => {
    const { entries, lanes } = life(
      [
        lived("thing-A", 1),
        lived("side-A", 1, { cause: "thing-A@1", at: "2026-01-01T00:00:01.120Z" }),
        lived("thing-A", 2, { cause: "side-A@1", at: "2026-01-01T00:00:01.500Z" }),
      ],
      [ROW],
    );
    expect(lanes).toEqual(["requests", "thing-A", "side-A", "now"]);
    expect(entries.map(({ key, lane, from, since }) => [key, lane, from, since])).toEqual([
      ["request r1", 0, undefined, ""],
      ["thing-A@1", 1, "request r1", "+0 ms"],
      ["side-A@1", 2, "thing-A@1", "+120 ms"],
      ["thing-A@2", 1, "side-A@1", "+380 ms"],
      ["now 0", 3, "thing-A@2", ""],
    ]);
  });

  // Seen to fail: with inOrder sorting by time alone.
  test("never stands before what led to it, nor before what it follows, whatever clocks say", () => {
    const early = "2026-01-01T00:00:00.000Z";
    const events = [
      lived("thing-A", 2, { at: early, request: "r2", cause: "r2" }),
      lived("side-A", 1, { at: early, cause: "thing-A@1" }),
      lived("thing-A", 1, { at: "2026-01-01T00:00:09.000Z" }),
    ];
    expect(keysOf(events)).toEqual(["request r1", "thing-A@1", "request r2", "thing-A@2", "side-A@1"]);
    expect(life(events).entries.map(({ since }) => since)).toEqual(["", "+0 ms", "", "+0 ms", "+0 ms"]);
  });

  test("of causes that lead in a circle, which nobody should have stored, is drawn all the same", () => {
    const circle = [lived("thing-A", 1, { cause: "side-A@1" }), lived("side-A", 1, { cause: "thing-A@1" })];
    expect(keysOf(circle)).toHaveLength(3);
  });

  // Seen to fail: without ENTRIES_MAX.
  test("is drawn up to a bound, the newest, and says how many are older", () => {
    const many = Array.from({ length: 90 }, (_, index) =>
      lived("thing-A", index + 1, { at: "2026-01-01T00:00:00Z" }),
    );
    const { entries, left } = life(many, [ROW]);
    expect([entries.length, left, entries[0]?.from]).toEqual([40, 52, undefined]);
  });
});

describe("its drawing", () => {
  test("is text in its order, with links, and never markup of what is stored", async () => {
    const evil = "<script>";
    const drawn = String(
      await (
        <Timeline
          life={life([lived(evil, 1, { type: evil, said: [evil], request: evil, actor: evil })], [ROW])}
        />
      ),
    );
    expect(drawn).not.toContain("<script");
    const text = String(await (<Timeline life={life([lived("thing-A", 1)], [ROW])} />));
    expect(text.indexOf("Request")).toBeLessThan(text.indexOf("Happened 1"));
    expect(text.indexOf("Happened 1")).toBeLessThan(text.indexOf("Row at version 2"));
    expect(text).toContain('href="/correlations/r1"');
    expect(text).toContain("thing-events 3/17");
  });

  test("of nothing is nothing", async () => {
    expect(String((await (<Timeline life={life([])} />)) ?? "")).toBe("");
  });
});
