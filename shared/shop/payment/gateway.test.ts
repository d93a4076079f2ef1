import { describe, expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { boundGateway, type PaymentGateway } from "./gateway.ts";

const request = { paymentId: "7", amount: 500, currency: "USD" };
const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new Error("insert into charges: connect ECONNREFUSED 10.0.0.5:5432"));
const bounds = { timeoutMs: 20, log: createLog("gateway-test", "silent") };

function gatewayOf(charge: PaymentGateway["charge"]) {
  return boundGateway({ charge, inquire: never, withdraw: never, refund: never }, bounds);
}

describe("a bounded gateway", () => {
  test("an answer in time is passed on as it is", async () => {
    const gateway = gatewayOf(async () => ({ outcome: "declined", reason: "no funds" }));
    expect(await gateway.charge(request)).toEqual({ outcome: "declined", reason: "no funds" });
  });

  test("no answer in time is unclear, never a failure, and the adapter is told to give up", async () => {
    let told: AbortSignal | undefined;
    const gateway = gatewayOf((_, signal) => {
      told = signal;
      return never();
    });
    expect(await gateway.charge(request)).toEqual({ outcome: "unclear", cause: "timeout" });
    expect(told?.aborted).toBe(true);
    expect(await gateway.inquire("7")).toMatchObject({ outcome: "unclear" });
    expect(await gateway.withdraw(request)).toMatchObject({ outcome: "unclear" });
    expect(await gateway.refund({ ...request, refundId: "r" })).toMatchObject({ outcome: "unclear" });
  });

  test("an error is unclear too, and its text stays out of the event", async () => {
    expect(await gatewayOf(broken).charge(request)).toEqual({
      outcome: "unclear",
      cause: "failed",
    });
  });
});
