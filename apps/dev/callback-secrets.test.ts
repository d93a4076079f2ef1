import { expect, test } from "bun:test";
import { readCallbackSecrets } from "@millrace/callbacks/secrets";
import { callbackSecrets } from "./callback-secrets.ts";

const processes = [{ name: "labels", callbacks: {} }, { name: "expiry" }];

test("a process that is called back gets a secret of its own at each start", () => {
  const drawn = callbackSecrets([], processes) ?? "";
  expect([...readCallbackSecrets(drawn.split(","), ["labels"]).keys()]).toEqual(["labels"]);
  expect(callbackSecrets([], processes)).not.toBe(drawn);
});

test("secrets that the environment names stand, and a shop without callbacks needs none", () => {
  expect(callbackSecrets(["labels=whsec_named"], processes)).toBeUndefined();
  expect(callbackSecrets([], [{ name: "expiry" }])).toBeUndefined();
});
