// {"customer":"Alice","lines":[{"productId":"prod-1","name":"Product 1","quantity":2,"unitPrice":19.99}],"amount":39.98}
import * as v from "valibot";
import { name } from "@millrace/commands/words";
import { type MoneyReader, money, readMoney } from "../../read-money.ts";
import type { OrderLine } from "../events.ts";
import { LINES_MAX, newOrderWords, quantity } from "../words.ts";

export const lines = v.pipe(
  v.array(
    v.strictObject({
      productId: v.exactOptional(name),
      name,
      quantity,
      unitPrice: v.exactOptional(money),
    }),
  ),
  v.minLength(1, "Must hold at least one line"),
  v.maxLength(LINES_MAX, `Must hold at most ${LINES_MAX} elements`),
);

/** The form in which every order reads back, whatever it was written in. */
export const canonical = v.strictObject({ ...newOrderWords, lines });

export function linesOfLines(sent: v.InferOutput<typeof lines>, reader: MoneyReader): OrderLine[] {
  return sent.map(({ unitPrice, ...line }, index) =>
    unitPrice === undefined
      ? line
      : { ...line, unitPrice: readMoney(unitPrice, `/lines/${index}/unitPrice`, reader) },
  );
}
