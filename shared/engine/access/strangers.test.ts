import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { createStrangers, type From, type Strangers } from "./strangers.ts";

function strangers(environment: Record<string, string> = {}): Strangers {
  return createStrangers(readConfig({ MILLRACE_RATE_STRANGERS: "2", ...environment })) as Strangers;
}

const from = (peer: string | undefined, forwardedFor: string | null = null): From => ({ peer, forwardedFor });

/** Whether the two are one to be counted: together they are past the bound of two. */
async function isOne(one: From, other: From, environment: Record<string, string> = {}): Promise<boolean> {
  const counted = strangers(environment);
  await counted.take(one);
  await counted.take(one);
  return (await counted.take(other)) !== undefined;
}

test("an address is counted by itself, and hears when to come back", async () => {
  const counted = strangers();
  const eve = from("192.0.2.1");
  expect([await counted.take(eve), await counted.take(eve)]).toEqual([undefined, undefined]);
  expect(await counted.take(eve)).toEqual({ policy: "address", most: 2, seconds: 1, retryAfterSeconds: 1 });
  expect(await counted.take(from("192.0.2.2"))).toBeUndefined();
});

test("who turned out to be somebody is not counted", async () => {
  const counted = strangers();
  for (let asked = 0; asked < 9; asked++) {
    expect(await counted.take(from("192.0.2.1"))).toBeUndefined();
    await counted.giveBack(from("192.0.2.1"));
  }
});

// Seen to fail with the header believed from anybody: each request brought an address of its own.
test("X-Forwarded-For counts from our proxies alone, and what stands before the client in it never does", async () => {
  const proxied = { MILLRACE_TRUSTED_PROXIES: "10.0.0.0/8, fd00::/8" };
  expect(await isOne(from("192.0.2.1", "1.1.1.1"), from("192.0.2.1", "2.2.2.2"), proxied)).toBe(true);
  expect(await isOne(from("10.0.0.1", "1.1.1.1"), from("10.0.0.1", "2.2.2.2"), proxied)).toBe(false);
  expect(
    await isOne(from("10.0.0.1", "9.9.9.9, 1.1.1.1"), from("10.0.0.2", "8.8.8.8, 1.1.1.1"), proxied),
  ).toBe(true);
  expect(await isOne(from("::ffff:10.0.0.1", "1.1.1.1, fd00::5"), from("fd00::1", "1.1.1.1"), proxied)).toBe(
    true,
  );
  expect(await isOne(from("10.0.0.1", "x, 1.1.1.1"), from("10.0.0.1", "x, 2.2.2.2"), proxied)).toBe(false);
  expect(await isOne(from("10.0.0.1", "no address"), from("10.0.0.1", "none either"), proxied)).toBe(true);
});

test("an IPv6 address counts with those beside it, an IPv4 one is the same by whatever socket", async () => {
  expect(await isOne(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"))).toBe(true);
  expect(await isOne(from("2001:db8:1:2::1"), from("2001:0db8:0001:0002:0:0:0:1"))).toBe(true);
  expect(await isOne(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"))).toBe(false);
  expect(await isOne(from("::ffff:192.0.2.1"), from("192.0.2.1"))).toBe(true);
  expect(await isOne(from(undefined), from(undefined))).toBe(true);
});

test.each(["10.0.0.0/33", "10.0.0", "proxy", "fd00::/129", "10.0.0.0/8/8"])("%s is no network", (said) => {
  expect(() => readConfig({ MILLRACE_TRUSTED_PROXIES: said })).toThrow("MILLRACE_TRUSTED_PROXIES");
});

test("0 is no bound", () => {
  expect(createStrangers(readConfig({ MILLRACE_RATE_STRANGERS: "0" }))).toBeUndefined();
});
