import { describe, expect, test } from "bun:test";
import { boundGateway, type PaymentGateway } from "./gateway.ts";

const request = { paymentId: "7", amount: 500, currency: "USD" };
const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new Error("connection reset"));

function gatewayOf(charge: PaymentGateway["charge"]) {
  return boundGateway({ charge, inquire: never, withdraw: never, refund: never }, 20);
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
    expect(await gateway.charge(request)).toMatchObject({ outcome: "unclear" });
    expect(told?.aborted).toBe(true);
    expect(await gateway.inquire("7")).toMatchObject({ outcome: "unclear" });
    expect(await gateway.withdraw(request)).toMatchObject({ outcome: "unclear" });
    expect(await gateway.refund({ ...request, refundId: "r" })).toMatchObject({ outcome: "unclear" });
  });

  test("an error is unclear too: the request may have arrived before whatever broke", async () => {
    expect(await gatewayOf(broken).charge(request)).toEqual({
      outcome: "unclear",
      cause: "connection reset",
    });
  });
});
