// How most payloads name the thing that they are about.
import * as v from "valibot";
import type { Reference } from "./aggregate.ts";
import { parse } from "./parsed.ts";
import { chosenId } from "./words.ts";

const words = v.strictObject({ id: chosenId });

/** By the word `id`: text, or a number, which names the stream of its text. */
export const byId: Reference = {
  words: words.entries,
  read(asked) {
    const parsed = parse(words, asked);
    return parsed.ok ? { ok: true, value: String(parsed.value.id) } : parsed;
  },
};
