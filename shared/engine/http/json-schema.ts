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
  return spelledOut(rest) as JsonSchema;
}

/**
 * Alternatives as wholes, which generators of clients understand. Of an object or a text with `anyOf` beside its members they
 * make `unknown`; and since they name each word of an enum in capitals, they can't tell `shipped` from `SHIPPED` in one.
 */
function spelledOut(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(spelledOut);
  if (typeof schema !== "object" || schema === null) return schema;
  const { anyOf, ...rest }: JsonSchema = Object.fromEntries(
    Object.entries(schema).map(([word, value]) => [word, spelledOut(value)]),
  );
  if (anyOf === undefined) return inOneCaseEach(rest);
  if (rest.type === undefined) return { ...rest, anyOf: flat(anyOf) };
  const { description, ...shared } = rest;
  const wholes = anyOf.map(({ required = [], ...own }) => ({
    ...{ ...shared, ...own },
    ...(shared.type === "object" ? { required: union(shared.required ?? [], required) } : {}),
  }));
  return { ...(description === undefined ? {} : { description }), anyOf: wholes };
}

/** Alternatives of an alternative stand beside it. */
export function flat(anyOf: readonly JsonSchema[]): JsonSchema[] {
  return anyOf.flatMap((each) => (Object.keys(each).join() === "anyOf" ? (each.anyOf ?? []) : [each]));
}

function inOneCaseEach(schema: JsonSchema): JsonSchema {
  const { enum: words, type, ...rest } = schema;
  if (words === undefined) return schema;
  const isInCapitals = (word: unknown) => word === String(word).toUpperCase();
  const cases = [words.filter(isInCapitals), words.filter((word) => !isInCapitals(word))];
  const names = new Set(words.map((word) => String(word).toUpperCase()));
  if (names.size === words.length) return schema;
  return {
    ...rest,
    anyOf: cases.map((ofCase) => ({ ...(type === undefined ? {} : { type }), enum: ofCase })),
  };
}

function union(some: readonly string[], others: readonly string[]): string[] {
  return [...new Set([...some, ...others])];
}
