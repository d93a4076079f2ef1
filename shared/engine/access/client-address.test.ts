import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { createClientOf, networkOf } from "./client-address.ts";

const PROXIES = ["10.0.0.0/8", "fd00::/8"];

// Seen to fail with the header believed from anybody: each request brought an address of its own.
test.each([
  ["192.0.2.1", "1.1.1.1", "192.0.2.1"],
  ["192.0.2.1", null, "192.0.2.1"],
  ["10.0.0.1", "1.1.1.1", "1.1.1.1"],
  ["10.0.0.1", "9.9.9.9, 1.1.1.1", "1.1.1.1"],
  ["10.0.0.1", "9.9.9.9, 1.1.1.1, 10.2.3.4", "1.1.1.1"],
  ["::ffff:10.0.0.1", "1.1.1.1, fd00::5", "1.1.1.1"],
  ["10.0.0.1", "x, ::ffff:1.1.1.1", "1.1.1.1"],
  ["10.0.0.1", "10.0.0.9", "10.0.0.9"],
  ["10.0.0.1", null, "10.0.0.1"],
  ["10.0.0.1", " , ", "10.0.0.1"],
  ["10.0.0.1", "operator:ann\\n10.0.0.2", "unknown"],
  ["10.0.0.1", "1.1.1.1:80", "unknown"],
  ["", "1.1.1.1", "unknown"],
])("of %p with X-Forwarded-For %p the client is %s", (peer, forwardedFor, client) => {
  expect(createClientOf(PROXIES)({ peer: peer || undefined, forwardedFor })).toBe(client);
});

test("without proxies of ours the connection's own end is the client", () => {
  expect(createClientOf([])({ peer: "10.0.0.1", forwardedFor: "1.1.1.1" })).toBe("10.0.0.1");
});

test("an IPv6 address counts with those beside it", () => {
  expect(networkOf("2001:db8:1:2::1")).toBe(networkOf("2001:db8:1:2:ffff::9"));
  expect(networkOf("2001:db8:1:2::1")).toBe(networkOf("2001:0db8:0001:0002:0:0:0:1"));
  expect(networkOf("2001:db8:1:2::1")).not.toBe(networkOf("2001:db8:1:3::1"));
  expect(networkOf("192.0.2.1")).toBe("192.0.2.1");
});

test.each(["10.0.0.0/33", "10.0.0", "proxy", "fd00::/129", "10.0.0.0/8/8"])("%s is no network", (said) => {
  expect(() => readConfig({ MILLRACE_TRUSTED_PROXIES: said })).toThrow("MILLRACE_TRUSTED_PROXIES");
});
