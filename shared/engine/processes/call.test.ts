import { describe, expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { callWithin } from "./call.ts";

const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new Error("insert into charges: connect ECONNREFUSED 10.0.0.5:5432"));
const bounds = { callMsMax: 20, log: createLog("call-test", "silent") };

describe("a call", () => {
  test("in time is passed on as it is", async () => {
    const answer = { outcome: "declined", reason: "no funds" };
    expect(await callWithin(bounds, "7", async () => answer)).toEqual(answer);
  });

  test("without an answer in time is unclear, never a failure, and the adapter learns that it may give up", async () => {
    let given: AbortSignal | undefined;
    const answer = await callWithin(bounds, "7", ({ signal }) => {
      given = signal;
      return never();
    });
    expect(answer).toEqual({ outcome: "unclear", cause: "timeout" });
    expect(given?.aborted).toBe(true);
  });

  test("that breaks off is unclear too, and its text stays out of the event", async () => {
    expect(await callWithin(bounds, "7", broken)).toEqual({ outcome: "unclear", cause: "failed" });
  });
});
