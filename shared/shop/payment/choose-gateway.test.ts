import { expect, test } from "bun:test";
import { InvalidConfig, readConfig } from "@millrace/platform/config";
import { gatewayNameOf } from "./choose-gateway.ts";

const nameIn = (environment: Record<string, string>) => gatewayNameOf(readConfig(environment));

test("on this machine the gateway is simulated unless another is named", () => {
  expect([nameIn({}), nameIn({ HOST: "localhost" }), nameIn({ MILLRACE_GATEWAY: "simulated" })]).toEqual([
    "simulated",
    "simulated",
    "simulated",
  ]);
});

test("off loopback no gateway is taken for granted, and the refusal says what to set", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.4", "shop.example.com"]) {
    for (const MILLRACE_GATEWAY of [undefined, ""]) {
      const environment = { HOST, ...(MILLRACE_GATEWAY === undefined ? {} : { MILLRACE_GATEWAY }) };
      expect(() => nameIn(environment)).toThrow(InvalidConfig);
      expect(() => nameIn(environment)).toThrow(/MILLRACE_GATEWAY.*simulated/);
    }
    expect(nameIn({ HOST, MILLRACE_GATEWAY: "simulated" })).toBe("simulated");
  }
});

test("a gateway that nobody wrote is refused by its name", () => {
  for (const named of ["stripe", "constructor", "Simulated"])
    expect(() => nameIn({ MILLRACE_GATEWAY: named })).toThrow(`is ${named}`);
});
