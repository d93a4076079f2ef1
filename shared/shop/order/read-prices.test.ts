import { expect, test } from "bun:test";
import { readPrice, readPrices, writtenPrice } from "./read-prices.ts";

test("a price is kept in the smallest unit, and reads back as it was written", () => {
  for (const said of [
    { name: "pen", price: 1.5 },
    { name: "Laptop", price: 1999, id: "laptop" },
  ]) {
    expect(writtenPrice(readPrice(said, "USD"), "USD")).toEqual(said);
  }
  expect(readPrice({ name: "pen", price: 1.5 }, "USD")).toEqual({
    name: "pen",
    productId: null,
    unitPrice: 150,
  });
});

test.each([
  [[{ name: "pen", price: Number("much") }], /Expected number|Must be|NaN/],
  [[{ name: "pen", price: -1 }], /0\.price: Must not be negative/],
  [[{ name: "pen", price: 1.555 }], /pen: 1\.555 has more decimals than USD/],
  [[{ name: " ", price: 1 }], /0\.name: Must not be blank/],
  [
    [
      { name: "pen", price: 1 },
      { name: "pen", price: 2 },
    ],
    /pen is there twice/,
  ],
  [
    [
      { name: "a", price: 1, id: "x" },
      { name: "b", price: 2, id: "x" },
    ],
    /The id x is there twice/,
  ],
  [{ pen: 1 }, /the file: /],
])("a list that makes no sense is refused whole: %j", (said, message) => {
  expect(() => readPrices(said, "USD")).toThrow(message);
});
