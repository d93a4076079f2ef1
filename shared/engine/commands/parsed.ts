// Bodies checked against valibot schemas, with our own sentences for what is wrong and where.
import * as v from "valibot";
import type { BodyError } from "@millrace/http/problem";

/** What is wrong with a body, and where. */
export type Issue = BodyError;

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Most issues in one answer: enough to mend a body by, and no answer larger than its request. */
export const ISSUES_MAX = 100;

/** Most elements of any array in a body. */
export const ELEMENTS_MAX = 500;

/** Longest name of a member, in characters, in an issue's pointer. For a longer name the pointer leads to the object around it. */
const POINTER_TOKEN_LENGTH_MAX = 200;

/** `make` of the value, where there is one. */
export function mapParsed<Value, Made>(parsed: Parsed<Value>, make: (value: Value) => Made): Parsed<Made> {
  return parsed.ok ? { ok: true, value: make(parsed.value) } : parsed;
}

/** Checks a JSON object against a schema. Never throws for what JSON can carry. */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
): Parsed<v.InferOutput<Schema>> {
  if (!isJsonObject(body)) return refused("", "Must be a JSON object");
  const overlong = findOverlongArray(body);
  if (overlong !== undefined)
    return refused(pointerTo([overlong]), `Must hold at most ${ELEMENTS_MAX} elements`);

  const result = v.safeParse(schema, body, { abortPipeEarly: true });
  if (result.success) return { ok: true, value: result.output };
  const issues = result.issues.slice(0, ISSUES_MAX).map((issue) => ({
    pointer: pointerTo(issue.path?.map((item) => String(item.key)) ?? []),
    message: sentence(issue),
  }));
  return { ok: false, issues };
}

export function refused(pointer: string, message: string): Parsed<never> {
  return { ok: false, issues: [{ pointer, message }] };
}

/** The same result for a body that stands inside another one, at the pointer. */
export function within<Value>(pointer: string, parsed: Parsed<Value>): Parsed<Value> {
  if (parsed.ok) return parsed;
  return {
    ok: false,
    issues: parsed.issues.map((issue) => ({ ...issue, pointer: pointer + issue.pointer })),
  };
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The body without members that are null, where `mayBe` allows the name. Clients that print every field of a class send
 * the names of other dialects as null, which means nothing.
 */
export function withoutNulls(body: unknown, mayBe: (word: string) => boolean): unknown {
  if (!isJsonObject(body) || !Object.values(body).includes(null)) return body;
  return Object.fromEntries(Object.entries(body).filter(([word, value]) => value !== null || !mayBe(word)));
}

/** Valibot checks every element before it counts them, so that an array of a million would make a million issues. */
function findOverlongArray(body: Readonly<Record<string, unknown>>): string | undefined {
  for (const word in body) {
    const value = body[word];
    if (Array.isArray(value) && value.length > ELEMENTS_MAX) return word;
  }
  return undefined;
}

/** RFC 6901, section 3. */
function pointerTo(tokens: readonly string[]): string {
  const echoed = tokens.at(-1)?.length ?? 0;
  const shown = echoed > POINTER_TOKEN_LENGTH_MAX ? tokens.slice(0, -1) : tokens;
  return shown.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Our own sentences: Valibot's repeat what was received, whatever its length. */
function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.kind !== "schema" || issue.type === "picklist") return issue.message;
  if (issue.type === "strict_object" && issue.expected === "never") return "Unknown word";
  if (issue.type === "strict_object" && issue.expected?.startsWith('"')) return "Missing";
  return typeSentences[issue.type] ?? "Has the wrong type";
}

const typeSentences: Readonly<Record<string, string>> = {
  strict_object: "Must be an object",
  array: "Must be an array",
  string: "Must be text",
  number: "Must be a number",
  union: "Must be text or a whole number",
};
