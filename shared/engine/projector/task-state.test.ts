import { describe, expect, test } from "bun:test";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { dueInMs, nextOffset, sortOut, step, type TaskState } from "./task-state.ts";

const checkpoint = { projection: "p", topic: "t", partition: 0, epoch: 1, offset: 10, lastRecord: "nine" };
const atRest: TaskState = { checkpoint, passed: undefined };
const movedTo = (offset: number) => ({ type: "moved", to: { ...checkpoint, offset } }) as const;

describe("where a task stands", () => {
  test("what is passed counts as read, and is unwritten since the first of it", () => {
    const once = step(atRest, { type: "passed", offset: 12, lastRecord: "eleven", nowMs: 1_000 });
    const twice = step(once, { type: "passed", offset: 15, nowMs: 3_000 });
    expect(nextOffset(twice)).toBe(15);
    expect(twice.passed).toEqual({ offset: 15, lastRecord: "eleven", sinceMs: 1_000 });
    expect(dueInMs(twice.passed?.sinceMs, 4_000)).toBe(2_000);
    expect(dueInMs(twice.passed?.sinceMs, 9_000)).toBe(0);
  });

  test("what is no record keeps the name of the record before it", () => {
    expect(step(atRest, { type: "passed", offset: 11, nowMs: 0 }).passed?.lastRecord).toBe("nine");
  });

  // Seen to fail without the comparison.
  test("it never goes back by passing", () => {
    expect(step(atRest, { type: "passed", offset: 10, nowMs: 0 })).toBe(atRest);
  });

  // Seen to fail with `passed` dropped at every move.
  test("a transaction takes with it what was passed before, and leaves what was passed while it ran", () => {
    const passed = step(atRest, { type: "passed", offset: 20, nowMs: 0 });
    expect(step(passed, movedTo(20)).passed).toBeUndefined();
    expect(nextOffset(step(passed, movedTo(12)))).toBe(20);
  });

  test("it starts over from the checkpoint, whatever was passed", () => {
    const passed = step(atRest, { type: "passed", offset: 20, nowMs: 0 });
    expect(nextOffset(step(step(passed, { type: "starting over" }), movedTo(0)))).toBe(0);
  });
});

describe("of a batch's records", () => {
  const record = (offset: number, key: string): ReceivedRecord => ({
    ...{ partition: 0, offset, key, headers: {}, value: "{}", timestamp: "0" },
  });

  test("one that only newer code reads waits with its key's later ones, behind a parked one all of its key wait", () => {
    const [a1, b1, a2, c1, b2] = ["a", "b", "a", "c", "b"].map((key, offset) => record(offset, key));
    const all = [a1, b1, a2, c1, b2] as ReceivedRecord[];
    const newer = new Map(b1 ? [[b1, "schema 2"]] : []);
    const { free, letters, begun } = sortOut(all, new Set(["c"]), newer);
    expect(free.map(({ offset }) => offset)).toEqual([0, 2]);
    expect(letters.map((each) => [each.record.offset, each.attempts])).toEqual([
      [1, 1],
      [3, 0],
      [4, 0],
    ]);
    expect([...begun]).toEqual([["b", "schema 2"]]);
  });
});
