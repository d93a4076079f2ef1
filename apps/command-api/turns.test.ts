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
  const all = Promise.all([turns.run("k", task("1")), turns.run("k", task("2"))]);
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
  const all = Promise.all(["a", "b", "c"].map((key) => turns.run(key, task(key))));
  await Bun.sleep(1);
  expect(log).toEqual(["begin a", "begin b"]);
  await finish("a");
  expect(log).toEqual(["begin a", "begin b", "end a", "begin c"]);
  await finish("b");
  await finish("c");
  await all;
});

test("a task that fails fails alone, and the next of its key has its turn", async () => {
  const turns = createTurns(1);
  const failed = turns.run("k", () => Promise.reject(new Error("mine")));
  const next = turns.run("k", async () => "fine");
  await expect(failed).rejects.toThrow("mine");
  expect(await next).toBe("fine");
});
