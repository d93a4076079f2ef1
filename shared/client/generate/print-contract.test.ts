import { expect, test } from "bun:test";
import { documents } from "./documents.ts";
import { printContract } from "./print-contract.ts";

// Seen to fail without the look at its parameters.
test("a write that takes no Idempotency-Key is none of the client's, which repeats writes", () => {
  const [written] = documents().map((document) => structuredClone(document));
  const create = Object.values(written?.paths ?? {}).find(({ post }) => post)?.post;
  const parameters = create?.parameters as { name: string }[];
  expect(() => printContract(written ? [written] : [])).not.toThrow();
  const key = parameters.findIndex(({ name }) => name === "Idempotency-Key");
  parameters.splice(key, 1);
  expect(() => printContract(written ? [written] : [])).toThrow("takes no Idempotency-Key");
});
