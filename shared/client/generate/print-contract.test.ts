import { expect, test } from "bun:test";
import { parametersOf } from "@millrace/http/openapi-document";
import { documents } from "./documents.ts";
import { printContract } from "./print-contract.ts";

// Seen to fail without the look at its parameters.
test("a write that takes no Idempotency-Key is none of the client's, which repeats writes", () => {
  const [written] = documents();
  if (!written) throw new Error("no document");
  expect(() => printContract([written])).not.toThrow();
  const [path, found] = Object.entries(written.paths).find(([, { post }]) => post) ?? [];
  if (!path || !found?.post) throw new Error("nothing is created");
  const parameters = parametersOf(found.post).filter(({ name }) => name !== "Idempotency-Key");
  const paths = { ...written.paths, [path]: { ...found, post: { ...found.post, parameters } } };
  expect(() => printContract([{ ...written, paths }])).toThrow("takes no Idempotency-Key");
});
