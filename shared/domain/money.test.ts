import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { AMOUNT_MAX, fromMinorUnits, toMinorUnits } from "./money.ts";

const minorUnits = fc.integer({ min: 0, max: AMOUNT_MAX });

describe("money", () => {
  test("comes back exactly from the decimal that it is written as", () => {
    fc.assert(
      fc.property(minorUnits, (amount) => {
        expect(toMinorUnits(fromMinorUnits(amount))).toBe(amount);
        expect(toMinorUnits(JSON.parse(JSON.stringify(fromMinorUnits(amount))))).toBe(amount);
      }),
      propertyRun(5000),
    );
  });

  test("prints as it was written", () => {
    fc.assert(
      fc.property(minorUnits, (amount) => {
        const digits = String(amount).padStart(3, "0");
        const written = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(fromMinorUnits(amount)).toBe(Number(written));
        expect(String(fromMinorUnits(amount))).toBe(written.replace(/\.?0+$/, "") || "0");
      }),
      propertyRun(5000),
    );
  });

  test("reads the decimals that float arithmetic gets wrong", () => {
    expect(toMinorUnits(19.99)).toBe(1999);
    expect(toMinorUnits(1.15)).toBe(115);
    expect(toMinorUnits(0.29)).toBe(29);
    expect(toMinorUnits(4.35)).toBe(435);
    expect(toMinorUnits(1_000_000_000)).toBe(AMOUNT_MAX);
    expect(toMinorUnits(999_999_999.99)).toBe(AMOUNT_MAX - 1);
    expect(toMinorUnits(0)).toBe(0);
    expect(toMinorUnits(0.1)).toBe(10);
  });

  test("never holds a fraction of a cent", () => {
    for (const amount of [0.001, 19.999, 0.1 + 0.2, 1e-7, 1.5e-7, Number.MIN_VALUE, 1 / 3]) {
      expect(toMinorUnits(amount)).toBeUndefined();
    }
    fc.assert(
      fc.property(minorUnits, fc.integer({ min: 1, max: 9 }), (amount, tenths) => {
        expect(toMinorUnits(Number(`${fromMinorUnits(amount).toFixed(2)}${tenths}`))).toBeUndefined();
      }),
      propertyRun(),
    );
  });

  test("is never negative, infinite, no number or past its bound", () => {
    for (const amount of [-0.01, -1, Number.NaN, Infinity, -Infinity, 1_000_000_000.01, 1e21, 1e300]) {
      expect(toMinorUnits(amount)).toBeUndefined();
    }
  });

  test("reads any number as a whole number within its bounds or not at all", () => {
    fc.assert(
      fc.property(fc.double(), (amount) => {
        const read = toMinorUnits(amount);
        if (read === undefined) return;
        expect(Number.isSafeInteger(read) && read >= 0 && read <= AMOUNT_MAX).toBe(true);
        expect(fromMinorUnits(read)).toBe(Math.abs(amount));
      }),
      propertyRun(5000),
    );
  });
});
