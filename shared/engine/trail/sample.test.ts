import { expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import type { Doer } from "./doer.ts";
import { createSample } from "./sample.ts";

const log = createLog("sample-test", "silent");
const stranger = (origin: string): Doer => ({ actor: "unknown", authn: "none", origin });
const ann: Doer = { actor: "auditor:ann", authn: "key", origin: "192.0.2.1" };
const refuse = { name: "access.refuse", target: "console:operate" } as const;

/** Counts what would be written, and writes nothing. */
function sample() {
  let time = 1_000_000;
  let written = 0;
  const sql = { begin: async () => void written++ } as unknown as Sql;
  return {
    ...createSample({ sql, log, now: () => time }),
    later: (ms: number) => {
      time += ms;
    },
    written: () => written,
  };
}

test("of many alike one a minute is kept", async () => {
  const { note, later, written } = sample();
  for (let n = 0; n < 1_000; n++) await note(ann, refuse);
  expect(written()).toBe(1);
  later(60_000);
  for (let n = 0; n < 1_000; n++) await note(ann, refuse);
  expect(written()).toBe(2);
});

test("strangers without number leave twenty a minute, and keep nobody out who is known", async () => {
  const { note, written } = sample();
  for (let n = 0; n < 1_000; n++) await note(stranger(`198.51.100.${n}`), refuse);
  expect(written()).toBe(20);
  await note(ann, refuse);
  expect(written()).toBe(21);
});

test("what can't be written stops nobody", async () => {
  const sql = { begin: () => Promise.reject(new Error("away")) } as unknown as Sql;
  await createSample({ sql, log }).note(ann, refuse);
});
