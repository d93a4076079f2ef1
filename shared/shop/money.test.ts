import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { amountMax, decimalsOf, fromMinorUnits, toMinorUnits, UNITS_MAX } from "./money.ts";

const CURRENCIES = { JPY: 0, USD: 2, KWD: 3, CLF: 4 } as const;
const currencies = fc.constantFrom(...(Object.keys(CURRENCIES) as (keyof typeof CURRENCIES)[]));
const sums = currencies.chain((currency) =>
  fc.record({ currency: fc.constant(currency), amount: fc.integer({ min: 0, max: amountMax(currency) }) }),
);

describe("money", () => {
  test.each([
    ...Object.entries(CURRENCIES),
    ["EUR", 2],
    ["ISK", 0],
    ["KRW", 0],
    ["VND", 0],
    ["BHD", 3],
    ["IQD", 3],
    ["TND", 3],
  ] as const)("of %s has %d decimals", (currency, decimals) => {
    expect(decimalsOf(currency)).toBe(decimals);
  });

  test("comes back exactly from the decimal that it is written as", () => {
    fc.assert(
      fc.property(sums, ({ amount, currency }) => {
        expect(toMinorUnits(fromMinorUnits(amount, currency), currency)).toBe(amount);
        const written = JSON.stringify(fromMinorUnits(amount, currency));
        expect(toMinorUnits(JSON.parse(written), currency)).toBe(amount);
      }),
      propertyRun(5000),
    );
  });

  test("prints as it was written", () => {
    fc.assert(
      fc.property(sums, ({ amount, currency }) => {
        const decimals = CURRENCIES[currency];
        const digits = String(amount).padStart(decimals + 1, "0");
        const cut = digits.length - decimals;
        const written = `${digits.slice(0, cut)}.${digits.slice(cut)}`;
        expect(fromMinorUnits(amount, currency)).toBe(Number(written));
        expect(Number(String(fromMinorUnits(amount, currency)))).toBe(Number(written));
      }),
      propertyRun(5000),
    );
  });

  test("reads the decimals that float arithmetic gets wrong", () => {
    expect(toMinorUnits(19.99, "USD")).toBe(1999);
    expect(toMinorUnits(1.15, "USD")).toBe(115);
    expect(toMinorUnits(0.29, "USD")).toBe(29);
    expect(toMinorUnits(4.35, "USD")).toBe(435);
    expect(toMinorUnits(999_999_999.99, "USD")).toBe(amountMax("USD") - 1);
    expect(toMinorUnits(0, "USD")).toBe(0);
    expect(toMinorUnits(-0, "USD")).toBe(0);
    expect(toMinorUnits(1.255, "KWD")).toBe(1255);
    expect(toMinorUnits(1.005, "KWD")).toBe(1005);
    expect(toMinorUnits(500, "JPY")).toBe(500);
    expect(toMinorUnits(0.0001, "CLF")).toBe(1);
    for (const currency of Object.keys(CURRENCIES))
      expect(toMinorUnits(UNITS_MAX, currency)).toBe(amountMax(currency));
  });

  test("never holds a fraction of the smallest unit", () => {
    for (const amount of [0.001, 19.999, 0.1 + 0.2, 1e-7, 1.5e-7, Number.MIN_VALUE, 1 / 3]) {
      expect(toMinorUnits(amount, "USD")).toBeUndefined();
    }
    for (const amount of [0.5, 500.01, 1e-7]) expect(toMinorUnits(amount, "JPY")).toBeUndefined();
    expect(toMinorUnits(1.2555, "KWD")).toBeUndefined();
    fc.assert(
      fc.property(sums, fc.integer({ min: 1, max: 9 }), ({ amount, currency }, tenths) => {
        const decimals = CURRENCIES[currency];
        const printed = fromMinorUnits(amount, currency).toFixed(decimals);
        const tooFine = `${printed}${decimals === 0 ? "." : ""}${tenths}`;
        expect(toMinorUnits(Number(tooFine), currency)).toBeUndefined();
      }),
      propertyRun(),
    );
  });

  test("is never negative, infinite, no number or past its bound", () => {
    for (const amount of [-0.01, -1, Number.NaN, Infinity, -Infinity, 1_000_000_000.01, 1e21, 1e300]) {
      for (const currency of Object.keys(CURRENCIES)) expect(toMinorUnits(amount, currency)).toBeUndefined();
    }
  });

  test("reads any number as a whole number within its bounds or not at all", () => {
    fc.assert(
      fc.property(fc.double(), currencies, (amount, currency) => {
        const read = toMinorUnits(amount, currency);
        if (read === undefined) return;
        expect(Number.isSafeInteger(read) && read >= 0 && read <= amountMax(currency)).toBe(true);
        expect(fromMinorUnits(read, currency)).toBe(Math.abs(amount));
      }),
      propertyRun(5000),
    );
  });
});
