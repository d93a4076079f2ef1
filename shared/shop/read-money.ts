// Amounts as they are sent, read as minor units of the shop's currency.

import type { Issue } from "@millrace/commands/parsed";
import { decimalsOf, type MinorUnits, toMinorUnits } from "./money.ts";

/** Of one body: the currency that it is read in, and where what is wrong is noted. */
export interface MoneyReader {
  readonly currency: string;
  readonly issues: Issue[];
}

const COUNTS = ["no", "at most one", "at most two", "at most three", "at most four"];

/** Reads what the schema `money` has let through; 0 stands for what has more decimals than the currency. */
export function readMoney(amount: number, pointer: string, { currency, issues }: MoneyReader): MinorUnits {
  const read = toMinorUnits(amount, currency);
  if (read !== undefined) return read;
  issues.push({ pointer, message: `Must have ${COUNTS[decimalsOf(currency)]} decimals` });
  return 0;
}
