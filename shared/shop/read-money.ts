// Amounts as they are sent, read as minor units of the shop's currency.

import * as v from "valibot";
import type { Issue } from "@millrace/commands/parsed";
import { decimalsOf, type MinorUnits, toMinorUnits, UNITS_MAX } from "./money.ts";

/** A decimal amount of the shop's currency, as JSON writes it: 19.99. Its decimals are counted by readMoney. */
export const money = v.pipe(
  v.number(),
  v.minValue(0, "Must not be negative"),
  v.maxValue(UNITS_MAX, `Must be at most ${UNITS_MAX}`),
  v.description("A decimal amount, with no more decimals than the shop's currency has: 19.99 in USD"),
);

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
