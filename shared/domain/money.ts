// Money is a whole number of minor units (cents), so that sums are exact; decimals exist only at the edges.

/** A whole number of hundredths of the currency's unit, 0 to AMOUNT_MAX. */
export type MinorUnits = number;

/** One thousand million units: a sum over ninety thousand such orders still fits a 64-bit integer. */
export const AMOUNT_MAX: MinorUnits = 100_000_000_000;

/**
 * Reads a decimal amount as JSON carries it (19.99) as minor units (1999), without float arithmetic.
 * Answers undefined for what is no amount: negative, not finite, more than two decimals, past AMOUNT_MAX.
 */
export function toMinorUnits(amount: number): MinorUnits | undefined {
  if (!Number.isFinite(amount) || amount < 0 || amount * 100 > AMOUNT_MAX) return undefined;
  const [whole = "0", fraction = ""] = String(amount).split(".");
  if (fraction.length > 2 || whole.includes("e") || fraction.includes("e")) return undefined;
  return Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
}

/** 1999 as the JSON number 19.99: the division is correctly rounded, so it prints as it was written. */
export function fromMinorUnits(minorUnits: MinorUnits): number {
  return minorUnits / 100;
}
