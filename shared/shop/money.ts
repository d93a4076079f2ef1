// Money is a whole number of minor units (cents), so that sums are exact; decimals exist only at the edges.

/** A whole number of the currency's smallest unit: cents of a dollar, yen, fils of a dinar. */
export type MinorUnits = number;

/** The largest amount, in the currency's own unit: with four decimals that still is an exact number. */
export const UNITS_MAX = 1_000_000_000;

const decimalsByCurrency = new Map<string, number>();

/** How many decimals amounts in a currency have, by its ISO 4217 code: USD 2, JPY 0, KWD 3, CLF 4. */
export function decimalsOf(currency: string): number {
  const known = decimalsByCurrency.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  decimalsByCurrency.set(currency, decimals);
  return decimals;
}

/** The largest amount. */
export function amountMax(currency: string): MinorUnits {
  return UNITS_MAX * 10 ** decimalsOf(currency);
}

/**
 * Reads a decimal amount as JSON carries it (19.99 USD) as minor units (1999), without float arithmetic.
 * Answers undefined for what is no amount: negative, not finite, past UNITS_MAX, or with more decimals than the
 * currency has.
 */
export function toMinorUnits(amount: number, currency: string): MinorUnits | undefined {
  if (!Number.isFinite(amount) || amount < 0 || amount > UNITS_MAX) return undefined;
  const [whole = "0", fraction = ""] = String(amount).split(".");
  const decimals = decimalsOf(currency);
  if (fraction.length > decimals || whole.includes("e") || fraction.includes("e")) return undefined;
  return Number(whole + fraction.padEnd(decimals, "0"));
}

/** 1999 of USD as the JSON number 19.99: the division is correctly rounded, so it prints as it was written. */
export function fromMinorUnits(minorUnits: MinorUnits, currency: string): number {
  return minorUnits / 10 ** decimalsOf(currency);
}
