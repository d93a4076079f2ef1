import { expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { keepForgetting } from "./forgetting.ts";

const log = createLog("test", "silent");

test("a retention of 0 days keeps everything", async () => {
  let asked = 0;
  await keepForgetting(0, {
    log,
    forget: async () => {
      asked++;
      return 0;
    },
  }).stop();
  await Bun.sleep(1);
  expect(asked).toBe(0);
});

test("a round goes on until nothing older is left", async () => {
  const asked: number[] = [];
  const left = [5, 5, 2, 0];
  const forgetting = keepForgetting(30, {
    log,
    forget: async (days) => {
      asked.push(days);
      return left.shift() ?? 0;
    },
  });
  await eventually(() => expect(asked).toEqual([30, 30, 30, 30]));
  await forgetting.stop();
});

test("a round that fails stops nothing", async () => {
  const forgetting = keepForgetting(30, { log, forget: () => Promise.reject(new Error("away")) });
  await Bun.sleep(1);
  await forgetting.stop();
});
