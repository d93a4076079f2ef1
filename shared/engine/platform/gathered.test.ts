import { expect, test } from "bun:test";
import { gathered } from "./gathered.ts";

const options = { what: "things", batchMax: 10, queueMax: 25 };

test("what is asked while a statement runs becomes the next one", async () => {
  const asked: number[] = [];
  const find = gathered(async (keys) => {
    asked.push(keys.length);
    return new Map(keys.map((key) => [key, key.length]));
  }, options);
  const found = await Promise.all(["a", "bb", "bb", "ccc"].map(find));
  expect(found).toEqual([1, 2, 2, 3]);
  expect(asked).toEqual([1, 2]);
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
  const waiting = Array.from({ length: 26 }, (_, n) => find(String(n)));
  void waiting;
  await expect(find("late")).rejects.toMatchObject({ code: "overloaded" });
});
