import { expect, test } from "bun:test";
import { gathered } from "./gathered.ts";

const options = { what: "things", batchMax: 10, queueMax: 25 };

test("what is asked while a statement runs becomes the next one", async () => {
  const asked: number[] = [];
  const find = gathered(async (keys) => {
    asked.push(keys.length);
    return new Map(keys.map((key) => [key, key.length]));
  }, options);
  const first = find("a");
  await Promise.resolve();
  const found = await Promise.all([first, ...["bb", "bb", "ccc"].map(find)]);
  expect(found).toEqual([1, 2, 2, 3]);
  expect(asked).toEqual([1, 2]);
});

// Seen to fail: `askAll` that takes what is there at once sends the first one alone.
test("what is asked in the same breath is one statement", async () => {
  const asked: number[] = [];
  const find = gathered(async (keys) => {
    asked.push(keys.length);
    return new Map<string, string>();
  }, options);
  await Promise.all(["a", "b", "c"].map(find));
  expect(asked).toEqual([3]);
});

test("what is not found is undefined, and a failure is that of its own keys", async () => {
  let fails = true;
  const find = gathered(async () => {
    if (fails) throw new Error("away");
    return new Map();
  }, options);
  await expect(find("a")).rejects.toThrow("away");
  fails = false;
  expect(await find("a")).toBeUndefined();
});

test("no more wait than may", async () => {
  const find = gathered(() => new Promise<Map<string, string>>(() => {}), options);
  void find("under way");
  await Promise.resolve();
  for (let waiting = 0; waiting < 25; waiting++) void find(String(waiting));
  await expect(find("late")).rejects.toMatchObject({ code: "overloaded" });
});
