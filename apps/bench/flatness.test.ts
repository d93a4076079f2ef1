import { expect, test } from "bun:test";
import { flatness } from "./flatness.ts";

const tolerance = { share: 0.1, besides: 5 };
const series = (values: number[]) => ({ name: "memory", unit: "MB", values, tolerance });
const rising = (from: number, by: number) => Array.from({ length: 60 }, (_, index) => from + index * by);

test("what grows by more than its tolerance from the first sixth to the last is not flat", () => {
  expect(flatness(series(rising(100, 1)))).toEqual({
    first: 104.5,
    last: 154.5,
    allowed: 119.95,
    flat: false,
  });
});

test("what stays within a share of its beginning and a little besides is flat", () => {
  expect(flatness(series(rising(100, 0.2))).flat).toBe(true);
});

test("one outlier in a sixth decides nothing", () => {
  const values = rising(100, 0);
  values[59] = 10_000;
  values[0] = 1;
  expect(flatness(series(values))).toMatchObject({ first: 100, last: 100, flat: true });
});

test("what shrinks is flat", () => {
  expect(flatness(series(rising(1_000, -10))).flat).toBe(true);
});

test("what could not be measured is not flat", () => {
  expect(flatness(series([])).flat).toBe(false);
  expect(flatness(series([1, Number.NaN])).flat).toBe(false);
});
