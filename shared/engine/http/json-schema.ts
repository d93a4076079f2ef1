// JSON Schema from the schemas that validate, so that no document can say anything else.
import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The words of JSON Schema that our own documents' readers read; a schema may have others beside. */
export interface JsonSchema {
  readonly [word: string]: unknown;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

/** OpenAPI 3.1 has its schemas in the first, AsyncAPI 3 in the second. */
type Dialect = "draft-2020-12" | "draft-07";

/**
 * What JSON Schema can't say (a check in code) is left out. Words that are taken in any case, and numbers that
 * a URL carries as text, are described as what they are read as: what is sent so is always taken.
 */
const CONVERSION: ConversionConfig = { typeMode: "output", errorMode: "ignore" };

export function jsonSchema(schema: v.GenericSchema, target: Dialect): JsonSchema {
  const whole = toJsonSchema(schema, { ...CONVERSION, target }) as JsonObject;
  const { $schema: _, ...rest } = whole as JsonSchema;
  return rest;
}
