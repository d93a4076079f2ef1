// Answers as they are kept under a key. Storage format: they are given again for as long as the retention says.
import * as v from "valibot";
import type { StoredAnswer } from "./append.ts";

const storedAnswer = v.object({
  status: v.pipe(v.number(), v.integer()),
  headers: v.record(v.string(), v.string()),
  body: v.optional(v.unknown(), null),
});

/** @throws ValiError for what is no answer */
export function readStoredAnswer(text: string): StoredAnswer {
  return v.parse(storedAnswer, JSON.parse(text));
}
