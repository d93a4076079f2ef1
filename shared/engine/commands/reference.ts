// The way in which most payloads name the thing that they are about.
import * as v from "valibot";
import type { Reference } from "./aggregate.ts";
import { mapParsed, parse } from "./parsed.ts";
import { chosenId } from "./words.ts";

const words = v.strictObject({ id: chosenId });

/** By the word `id`: text, or a number, which means the id with these digits. */
export const byId: Reference = {
  words: words.entries,
  read: (payload) => mapParsed(parse(words, payload), ({ id }) => String(id)),
};
