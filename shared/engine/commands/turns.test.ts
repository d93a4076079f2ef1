import { expect, test } from "bun:test";
import { createTurns } from "./turns.ts";

function tasks() {
  const log: string[] = [];
  const gates = new Map<string, () => void>();
  const task = (name: string) => async () => {
    log.push(`begin ${name}`);
    await new Promise<void>((resolve) => gates.set(name, resolve));
    log.push(`end ${name}`);
    return name;
  };
  const finish = async (name: string) => {
    gates.get(name)?.();
    await Bun.sleep(1);
  };
  return { log, task, finish };
}

test("tasks of one key run one after the other, in order", async () => {
  const turns = createTurns(10);
  const { log, task, finish } = tasks();
  const all = Promise.all([turns.run(["k"], task("1")), turns.run(["k"], task("2"))]);
  await Bun.sleep(1);
  expect(log).toEqual(["begin 1"]);
  await finish("1");
  expect(log).toEqual(["begin 1", "end 1", "begin 2"]);
  await finish("2");
  expect(await all).toEqual(["1", "2"]);
});

test("tasks of different keys run side by side, up to the bound and never past it", async () => {
  const turns = createTurns(2);
  const { log, task, finish } = tasks();
  const all = Promise.all(["a", "b", "c"].map((key) => turns.run([key], task(key))));
  await Bun.sleep(1);
  expect(log).toEqual(["begin a", "begin b"]);
  await finish("a");
  expect(log).toEqual(["begin a", "begin b", "end a", "begin c"]);
  await finish("b");
  await finish("c");
  await all;
});

test("a task that is put off takes every later one of its key with it, and no other key's", async () => {
  const turns = createTurns(2);
  let run = 0;
  const next = async () => ++run;
  const failed = turns.run(["k"], () => Promise.reject(new Error("mine")));
  const waiting = turns.run(["k"], next);
  await expect(failed).rejects.toThrow("mine");
  await expect(waiting).rejects.toThrow("mine");
  await expect(turns.run(["k"], next)).rejects.toThrow("mine");
  expect(run).toBe(0);
  expect(await turns.run(["other"], next)).toBe(1);
});

test("a task of several keys comes after what is under way for any of them, and before what follows", async () => {
  const turns = createTurns(10);
  const { log, task, finish } = tasks();
  const all = Promise.all([
    turns.run(["a"], task("a")),
    turns.run(["b", "a"], task("both")),
    turns.run(["b"], task("b")),
  ]);
  await Bun.sleep(1);
  expect(log).toEqual(["begin a"]);
  for (const name of ["a", "both", "b"]) await finish(name);
  await all;
  expect(log.filter((line) => line.startsWith("begin"))).toEqual(["begin a", "begin both", "begin b"]);
});
