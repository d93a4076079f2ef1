// {"customer":"Alice","items":["pen","notebook"]}
import * as v from "valibot";
import { name } from "@millrace/commands/words";
import type { OrderLine } from "../events.ts";
import { LINES_MAX, newOrderWords } from "../words.ts";

export const items = v.pipe(
  v.array(name),
  v.minLength(1, "Must hold at least one item"),
  v.maxLength(LINES_MAX, `Must hold at most ${LINES_MAX} elements`),
);

export const customerItems = v.strictObject({ ...newOrderWords, items });

/** One of each, without a price; an item named twice is two lines. */
export function linesOfItems(sent: v.InferOutput<typeof items>): OrderLine[] {
  return sent.map((item) => ({ name: item, quantity: 1 }));
}
