import { expect, test } from "bun:test";
import { createByteBudget } from "./byte-budget.ts";

const budgetOf = (bytesMax: number, waitMs = 5_000) => createByteBudget({ bytesMax, waitMs });

test("bytes are held up to the budget; who comes then waits its turn, in order", async () => {
  const budget = budgetOf(100);
  const first = await budget.hold(60);
  const turns: string[] = [];
  const second = budget.hold(60).then((held) => {
    turns.push("second");
    return held;
  });
  // Small enough for what is left, but not its turn.
  const third = budget.hold(10).then(() => turns.push("third"));
  await Bun.sleep(0);
  expect([turns, budget.held()]).toEqual([[], 60]);
  first.shrinkTo(30);
  await third;
  expect([turns, budget.held()]).toEqual([["second", "third"], 100]);
  (await second).release();
});

test("what is released twice, or shrunk to more, counts once", async () => {
  const budget = budgetOf(100);
  const held = await budget.hold(50);
  held.shrinkTo(70);
  held.shrinkTo(20);
  expect(budget.held()).toBe(20);
  held.release();
  held.release();
  expect(budget.held()).toBe(0);
});

test("one that is larger than the budget is held alone", async () => {
  const budget = budgetOf(100);
  const large = await budget.hold(500);
  const waiting = budget.hold(1);
  large.release();
  await waiting;
  expect(budget.held()).toBe(1);
});

// Seen to fail without the bound: it waited for as long as the bytes were held.
test("who waits too long is refused as overloaded, and holds nothing", async () => {
  const budget = budgetOf(100, 20);
  const held = await budget.hold(100);
  expect(await budget.hold(1).catch((failure) => failure.code)).toBe("overloaded");
  held.release();
  expect(budget.held()).toBe(0);
});
