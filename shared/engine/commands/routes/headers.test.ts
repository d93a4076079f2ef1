import { expect, test } from "bun:test";
import * as v from "valibot";
import { readConditions } from "../conditions.ts";
import { idempotencyKey, ifMatch } from "./headers.ts";

// Seen to fail for If-Match while the document knew no length: a list that it allowed was refused with 400.
test.each([
  [ifMatch, ["*", '"1"', 'W/"1", "2"', "1", "", `"${"x".repeat(1_998)}"`, `"${"x".repeat(1_999)}"`]],
  [idempotencyKey, ["k", "", " ", "k".repeat(255), "k".repeat(256)]],
] as const)("the document allows of a header (%#) what is read of it", (parameter, values) => {
  for (const value of values) {
    const read = readConditions(new Headers({ [parameter.name]: value }));
    expect([value, v.is(parameter.schema, value)]).toEqual([value, read.ok]);
  }
});
