import { decimalsOf } from "./money.ts";

/** Sums pass what a number holds exactly, so they are printed from whole minor units: 1999n of USD is "19.99". */
export function printMinorUnits(minorUnits: bigint, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = String(minorUnits).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** The average in minor units, half of one rounded up; 0 of nothing. Neither is ever negative. */
export function averageOf(sum: bigint, count: bigint): bigint {
  return count === 0n ? 0n : (2n * sum + count) / (2n * count);
}
