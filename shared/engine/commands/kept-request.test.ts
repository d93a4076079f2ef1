import { expect, test } from "bun:test";
import { ANYBODY } from "@millrace/access/principal";
import { readKeptRequest } from "./kept-request.ts";

const target = { aggregate: "note", id: "1", commands: [{ type: "WriteNote", text: "hello" }] };
const metadata = { actor: "anonymous", correlationId: "c", causationId: "r" };
const write = { target, metadata, principal: ANYBODY };

test("what was kept is read as it was, commands and all", () => {
  const kept = { writes: [{ ...write, ifMatch: [3], key: { key: "k", fingerprint: "f" } }], batch: false };
  expect<unknown>(readKeptRequest(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
});

test("what was kept before callers were asked who they are is anybody's", () => {
  expect(readKeptRequest({ writes: [{ target, metadata }], batch: true })?.writes[0].principal).toEqual(
    ANYBODY,
  );
});

test("a form that only a later version knows is left to it", () => {
  for (const later of [
    { writes: [{ ...write, onlyIf: "something" }], batch: false },
    { writes: [write], batch: false, rank: 7 },
    { writes: [], batch: true },
    { writes: [{ ...write, ifMatch: "none" }], batch: false },
    null,
  ]) {
    expect(readKeptRequest(later)).toBeUndefined();
  }
});
