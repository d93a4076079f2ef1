import type { MinorUnits } from "../money.ts";
import type { OrderLine } from "./events.ts";

/**
 * The exact sum of quantity × unit price in minor units; undefined where a line has no price, or there is no
 * line. May pass what an order may cost: the edge that reads the lines refuses it then.
 */
export function linesTotal(lines: readonly OrderLine[]): MinorUnits | undefined {
  if (lines.length === 0) return undefined;
  let total = 0;
  for (const { quantity, unitPrice } of lines) {
    if (unitPrice === undefined) return undefined;
    total += quantity * unitPrice;
  }
  return total;
}
