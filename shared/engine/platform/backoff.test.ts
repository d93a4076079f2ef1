import { expect, test } from "bun:test";
import { backoffMs } from "./backoff.ts";

test("the rest doubles with each failure in a row, up to its bound", () => {
  const bounds = { firstMs: 500, mostMs: 15_000 };
  expect([0, 1, 2, 3, 6, 50, 5_000].map((failures) => backoffMs(failures, bounds))).toEqual([
    500, 500, 1_000, 2_000, 15_000, 15_000, 15_000,
  ]);
});
