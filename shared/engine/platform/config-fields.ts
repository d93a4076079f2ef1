// What a variable of the environment may be, and what it is turned into.
import * as v from "valibot";
import { describe } from "./failure.ts";

export const port = (fallback: number) =>
  v.optional(
    v.pipe(v.string(), v.regex(/^\d+$/, "expected a port number"), v.transform(Number), v.maxValue(65_535)),
    String(fallback),
  );

export const count = (fallback: number, most: number, least = 1) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d+$/, "expected a whole number"),
      v.transform(Number),
      v.minValue(least, `expected at least ${least}`),
      v.maxValue(most, `expected at most ${most}`),
    ),
    String(fallback),
  );

export const text = (fallback: string) =>
  v.optional(v.pipe(v.string(), v.trim(), v.nonEmpty("is empty: name something, or unset it")), fallback);

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time such as 30m, 24h or 7d, in milliseconds; undefined where it is not set, or empty. */
export const duration = v.pipe(
  v.optional(v.string(), ""),
  v.regex(
    /^(?:[1-9]\d{0,5}[smhd])?$/,
    "expected a number of seconds, minutes, hours or days: 90s, 30m, 24h, 7d",
  ),
  v.transform((said) =>
    said === "" ? undefined : Number(said.slice(0, -1)) * UNITS_MS[said.at(-1) as keyof typeof UNITS_MS],
  ),
);

/** Empty means unset, as compose leaves what nobody has set. */
export const word = v.pipe(
  v.optional(v.string()),
  v.transform((said) => said || undefined),
);

/** One of the words, the first where it is unset. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  v.optional(
    v.pipe(
      v.string(),
      v.transform((said) => said || words[0]),
      v.picklist(words, ({ input }) => `is ${input}, expected one of ${words.join(", ")}`),
    ),
    words[0],
  );

/** What another module reads, and refuses by throwing. */
export const readBy = (read: (said: string) => unknown) =>
  v.rawCheck<string>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      read(dataset.value);
    } catch (error) {
      addIssue({ message: describe(error) });
    }
  });

/** Words separated by commas, each read by `read`, which answers undefined for what is none; empty means none. */
export const list = (read: (word: string) => string | undefined, expected: string) =>
  v.pipe(
    v.optional(v.string(), ""),
    v.transform((words) => words.split(",").map((word) => word.trim())),
    v.transform((words) => words.filter((word) => word !== "").map((word) => read(word) ?? "")),
    v.check((words) => !words.includes(""), `expected ${expected}`),
  );

/** A path to a PEM file. */
export const file = v.optional(v.pipe(v.string(), v.nonEmpty()));

/** Of a standard that is not ours, where empty means unset: what is wrong in it is no reason not to start. */
export const standard = v.optional(v.string(), "");
