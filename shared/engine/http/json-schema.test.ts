import { expect, test } from "bun:test";
import * as v from "valibot";
import { jsonSchema } from "./json-schema.ts";

const described = (schema: v.GenericSchema) => jsonSchema(schema, "draft-2020-12");

// Seen to fail, each of the three, with `spelledOut` left out: @hey-api/openapi-ts makes `unknown &` of such an object and
// openapi-python-client `Any`, and of words in two cases the latter makes no client at all.
test("an object that needs one of several words is an alternative for each, whole and with what it requires", () => {
  const named = v.pipe(
    v.strictObject({
      amount: v.number(),
      id: v.exactOptional(v.string()),
      name: v.exactOptional(v.string()),
    }),
    v.metadata({ anyOf: [{ required: ["id"] }, { required: ["name"] }] }),
  );
  const whole = {
    type: "object",
    properties: { amount: { type: "number" }, id: { type: "string" }, name: { type: "string" } },
    additionalProperties: false,
  };
  expect(described(named)).toEqual({
    anyOf: [
      { ...whole, required: ["amount", "id"] },
      { ...whole, required: ["amount", "name"] },
    ],
  });
  expect(described(v.union([named, v.string()]))).toMatchObject({
    anyOf: [whole, whole, { type: "string" }],
  });
});

test("a text of one of several formats is an alternative for each, described once", () => {
  const asked = v.pipe(
    v.string(),
    v.description("When"),
    v.metadata({ anyOf: [{ format: "date-time" }, { format: "date" }] }),
  );
  expect(described(asked)).toEqual({
    description: "When",
    anyOf: [
      { type: "string", format: "date-time" },
      { type: "string", format: "date" },
    ],
  });
});

test("words in two cases are two enums, in which each makes a name of its own", () => {
  const word = v.pipe(v.string(), v.metadata({ enum: ["GONE", "gone", "HERE", "here"] }));
  expect(described(word)).toEqual({
    anyOf: [
      { type: "string", enum: ["GONE", "HERE"] },
      { type: "string", enum: ["gone", "here"] },
    ],
  });
  expect(described(v.picklist(["a", "B"]))).toEqual({ type: "string", enum: ["a", "B"] });
});
