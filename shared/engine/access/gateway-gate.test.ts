import { expect, test } from "bun:test";
import { gatewayGate } from "./gateway-gate.ts";

const secret = "0123456789abcdef0123456789";
const gate = gatewayGate({ secret, exposure: { mode: "gateway" } });
const ann = { "millrace-role": "customer", "millrace-subject": "ann" };
const ask = (headers: Record<string, string>) => gate.identify(new Headers(headers));

test("a gateway that proves itself names who asks", () => {
  expect(ask({ ...ann, "millrace-gateway-secret": secret })).toEqual({
    role: "customer",
    subject: "ann",
    scopes: [],
    authn: "gateway",
  });
  const service = {
    "millrace-role": "service",
    "millrace-subject": "till",
    "millrace-scopes": "things:read, things:write",
  };
  expect(ask({ ...service, "millrace-gateway-secret": secret })).toMatchObject({
    scopes: ["things:read", "things:write"],
  });
});

// Seen to fail without the comparison: anybody named themselves.
test.each([undefined, "", "0123456789abcdef012345678", `${secret}0`, "wrong"])(
  "the secret %p proves nothing",
  (given) => {
    const headers = given === undefined ? ann : { ...ann, "millrace-gateway-secret": given };
    expect(ask(headers)).toHaveProperty("code");
  },
);

test.each([
  {},
  { "millrace-role": "customer" },
  { "millrace-subject": "ann" },
  { "millrace-role": "root", "millrace-subject": "ann" },
  { "millrace-role": "anybody", "millrace-subject": "ann" },
  { "millrace-role": "clerk", "millrace-subject": "a b" },
])("a gateway that names %p names nobody", (named) => {
  expect(ask({ ...named, "millrace-gateway-secret": secret } as Record<string, string>)).toHaveProperty(
    "code",
  );
});
