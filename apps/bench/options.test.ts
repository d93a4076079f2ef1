import { expect, test } from "bun:test";
import { readOptions } from "./options.ts";

const asked = (...words: string[]) => {
  const options = readOptions(words);
  if (options === "help") return [];
  return [...options.questions, ...options.long].map(({ name }) => name);
};

test("without names every row of the promise is asked, and what takes an hour is not", () => {
  expect(asked()).toEqual([
    "accept",
    "visible",
    "visible-under-load",
    "read",
    "readers",
    "hot",
    "memory",
    "idle",
    "rebuild",
    "growth",
  ]);
});

test("named questions alone are asked", () => {
  expect(asked("growth", "accept")).toEqual(["accept", "growth"]);
  expect(asked("steady", "--minutes", "60")).toEqual(["steady"]);
});

test("five runs of ten seconds unless others are asked for", () => {
  expect(readOptions([])).toMatchObject({ runs: 5, seconds: 10, events: undefined });
  expect(readOptions(["accept", "--runs", "3", "--seconds", "0.5", "--events", "7"])).toMatchObject({
    runs: 3,
    seconds: 0.5,
    events: 7,
  });
});

test("what means nothing is named", () => {
  expect(() => readOptions(["accpet"])).toThrow('no question "accpet"');
  expect(() => readOptions(["accept", "--against", "nobody"])).toThrow('no peer "nobody"');
  expect(() => readOptions(["--runs", "2.5"])).toThrow('--runs is "2.5"');
  expect(() => readOptions(["--seconds", "0"])).toThrow('--seconds is "0"');
  expect(() => readOptions(["accept", "--access", "cookie"])).toThrow('--access is "cookie"');
  expect(() => readOptions(["hot", "--access", "key"])).toThrow("--access asks `accept` and `read`");
  expect(() => readOptions(["read", "--against", "express"])).toThrow("accept");
});
