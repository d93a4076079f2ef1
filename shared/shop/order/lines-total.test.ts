import { expect, test } from "bun:test";
import { linesTotal } from "./lines-total.ts";

test("lines come to the exact sum of quantity times price", () => {
  expect(
    linesTotal([
      { name: "pen", quantity: 3, unitPrice: 10 },
      { name: "ink", quantity: 1, unitPrice: 20 },
    ]),
  ).toBe(50);
});

test("a price of nothing is a price", () => {
  expect(linesTotal([{ name: "leaflet", quantity: 3, unitPrice: 0 }])).toBe(0);
});

test("lines without prices, or no lines, come to no sum", () => {
  expect(
    linesTotal([
      { name: "pen", quantity: 3, unitPrice: 10 },
      { name: "ink", quantity: 1 },
    ]),
  ).toBeUndefined();
  expect(linesTotal([])).toBeUndefined();
});
