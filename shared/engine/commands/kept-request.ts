// A request that was answered 202, as it is stored until it has run. Storage format: requests wait across deployments, so those
// of earlier versions are read, and those that only a later version can read are left to it.
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

/** Strict, since a member that a later version adds may change what is asked for. */
const write = v.strictObject({
  target: v.looseObject({ aggregate: text, id: text, commands: v.array(v.looseObject({ type: text })) }),
  // Absent in requests from before callers had to say who they are.
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

/** Undefined for a form that this version does not know. */
export function readKeptRequest(stored: unknown): KeptRequest | undefined {
  const read = v.safeParse(keptRequest, stored);
  return read.success ? read.output : undefined;
}
