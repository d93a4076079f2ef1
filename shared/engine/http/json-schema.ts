// JSON Schema from the valibot schemas that validate, so that no document can say anything else.
import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The words of JSON Schema that our own code reads; a schema may have others beside. */
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

/** OpenAPI 3.1 has the first, AsyncAPI 3 the second. */
type Dialect = "draft-2020-12" | "draft-07";

/**
 * Checks in code, which JSON Schema can't express, are left out. Transformed values are described by what they are read as:
 * a number in a URL as a number, a word that is taken in any case in one case. Both forms are always accepted.
 */
const CONVERSION: ConversionConfig = { typeMode: "output", errorMode: "ignore" };

export function jsonSchema(schema: v.GenericSchema, target: Dialect): JsonSchema {
  const whole = toJsonSchema(schema, { ...CONVERSION, target }) as JsonObject;
  const { $schema: _, ...rest } = whole as JsonSchema;
  return spelledOut(rest) as JsonSchema;
}

/**
 * Repeats shared members in each alternative, for generators of clients: they make `unknown` of a schema with `anyOf` beside
 * its members. And they name an enum's words in capitals, so that `shipped` and `SHIPPED` can't stand in one enum.
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
