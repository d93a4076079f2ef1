// What is kept of a request that was taken with 202, until it has run. Storage format: commands wait in it across a
// deployment, so what an earlier version kept is read, and what only a later one can read is left to it.
import * as v from "valibot";
import { ANYBODY, ROLES } from "@millrace/access/principal";
import type { Write } from "./execute.ts";

export interface KeptRequest {
  readonly writes: readonly [Write, ...Write[]];
  /** Sent as an array, so answered as one. */
  readonly batch: boolean;
}

const text = v.string();

const principal = v.looseObject({
  role: v.picklist([...ROLES, "anybody", "guest"]),
  subject: text,
  scopes: v.array(text),
  thing: v.exactOptional(v.object({ family: text, id: text })),
  authn: v.exactOptional(v.picklist(["key", "token", "gateway", "kafka", "link"])),
});

/** Nothing else: what a later version adds may change what is asked for. */
const write = v.strictObject({
  target: v.looseObject({ aggregate: text, id: text, commands: v.array(v.looseObject({ type: text })) }),
  // Those from before callers were asked who they are have none.
  principal: v.optional(principal, { ...ANYBODY, scopes: [] }),
  metadata: v.looseObject({
    actor: text,
    authn: v.exactOptional(text),
    onBehalfOf: v.exactOptional(text),
    correlationId: text,
    causationId: text,
    traceparent: v.exactOptional(text),
  }),
  ifMatch: v.exactOptional(v.union([v.literal("any"), v.array(v.number())])),
  key: v.exactOptional(v.object({ key: text, fingerprint: text })),
});

const keptRequest = v.strictObject({
  writes: v.tupleWithRest([write], write),
  batch: v.boolean(),
});

/** Undefined where it is not in a form that this version knows. */
export function readKeptRequest(stored: unknown): KeptRequest | undefined {
  const read = v.safeParse(keptRequest, stored);
  return read.success ? read.output : undefined;
}
