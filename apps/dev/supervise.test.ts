import { expect, test } from "bun:test";
import type { Exit } from "@millrace/local/child";
import { eventually } from "@millrace/testing/eventually";
import { supervise, type Unit } from "./supervise.ts";

/** A process in words only: it counts its starts, and dies when told. */
function unit() {
  let end = (_: Exit) => {};
  const state = { starts: 0, failNext: 0 };
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });
  const start = async () => {
    state.starts++;
    if (state.failNext-- > 0) throw new Error("not this time");
    const { promise, resolve } = Promise.withResolvers<Exit>();
    exited = promise;
    end = resolve;
  };
  const finish = async () => end({ code: 0, signal: null });
  const asUnit: Unit = {
    name: "relay",
    get exited() {
      return exited;
    },
    start,
    stop: finish,
    kill: finish,
    lastLines: () => ["its last words"],
  };
  return { asUnit, state, die: () => end({ code: null, signal: "SIGKILL" }) };
}

async function supervised() {
  const made = unit();
  const said: string[] = [];
  await made.asUnit.start();
  const supervision = supervise(made.asUnit, {
    say: (line) => said.push(line),
    pauseLeastMs: 5,
    pauseMostMs: 20,
  });
  return { ...made, said, supervision };
}

test("a death is said with its signal and last words, and undone", async () => {
  const { die, state, said, supervision } = await supervised();
  die();
  await eventually(() => expect(said.at(-1)).toBe("relay was started again"));
  expect(said[0]).toStartWith("relay died: signal SIGKILL; starting it again in ");
  expect(said[1]).toContain("its last words");
  expect(state.starts).toBe(2);
  await supervision.stop();
});

test("a start that fails is tried again until one goes through", async () => {
  const { die, state, said, supervision } = await supervised();
  state.failNext = 2;
  die();
  await eventually(() => expect(said.at(-1)).toBe("relay was started again"));
  expect(state.starts).toBe(4);
  await supervision.stop();
});

test("a restart that was asked for is no death", async () => {
  const { state, said, supervision } = await supervised();
  await supervision.restart();
  expect(state.starts).toBe(2);
  expect(said).toEqual(["relay was started again"]);
  await supervision.stop();
});

test("what was stopped stays down, also while it was pausing after a death", async () => {
  const { die, state, supervision } = await supervised();
  die();
  await supervision.stop();
  await Bun.sleep(40);
  expect(state.starts).toBe(1);
});
