import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { createStrangers, type Strangers } from "./strangers.ts";

const strangers = () => createStrangers(readConfig({ MILLRACE_RATE_STRANGERS: "2" })) as Strangers;

test("an address is counted by itself, and hears when to come back", async () => {
  const counted = strangers();
  expect([await counted.take("192.0.2.1"), await counted.take("192.0.2.1")]).toEqual([undefined, undefined]);
  expect(await counted.take("192.0.2.1")).toEqual({
    policy: "address",
    most: 2,
    seconds: 1,
    retryAfterSeconds: 1,
  });
  expect(await counted.take("192.0.2.2")).toBeUndefined();
});

test("who turned out to be somebody is not counted", async () => {
  const counted = strangers();
  for (let asked = 0; asked < 9; asked++) {
    expect(await counted.take("192.0.2.1")).toBeUndefined();
    await counted.giveBack("192.0.2.1");
  }
});

test("0 is no bound", () => {
  expect(createStrangers(readConfig({ MILLRACE_RATE_STRANGERS: "0" }))).toBeUndefined();
});
