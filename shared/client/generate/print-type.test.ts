import { expect, test } from "bun:test";
import type { JsonSchema } from "@millrace/http/json-schema";
import { printType } from "./print-type.ts";

test.each<[JsonSchema, string]>([
  [{}, "unknown"],
  [{ const: "CREATED" }, '"CREATED"'],
  [{ enum: ["a", "b", null] }, '"a" | "b" | null'],
  [
    { type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
    "ReadonlyArray<string | number>",
  ],
  [
    { type: "object", properties: { id: { type: "string" }, "a-b": { type: "boolean" } }, required: ["id"] },
    '{ id: string; "a-b"?: boolean }',
  ],
  [{ type: "object", additionalProperties: { type: "number" } }, "{ [word: string]: number }"],
  [
    { type: "object", properties: { a: { type: "number" } }, additionalProperties: {} },
    "{ a?: number; [word: string]: unknown }",
  ],
])("%j is %s", (schema, type) => {
  expect(printType(schema)).toBe(type);
});

test("a schema that nobody here can print is refused, not taken for anything", () => {
  expect(() => printType({ $ref: "#/components/schemas/Order" } as JsonSchema)).toThrow("$ref");
});
