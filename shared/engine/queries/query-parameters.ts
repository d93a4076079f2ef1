// Parameters in the query of a URL: the schemas that read them also document them.
import * as v from "valibot";
import { problem, type QueryError } from "@millrace/http/problem";
import type { Answer, Parameter } from "@millrace/http/route";

type Schemas = Readonly<Record<string, v.GenericSchema<string | undefined, unknown>>>;
type Read<S extends Schemas> = { readonly [Name in keyof S]: v.InferOutput<S[Name]> };

export type Query<S extends Schemas> =
  | { readonly ok: true; readonly value: Read<S> }
  | { readonly ok: false; readonly problem: Answer };

/** What schemas read from a URL without parameters, as most are. */
const ofNone = new WeakMap<Schemas, Query<Schemas>>();

/** Reads the parameters that the schemas name; 422 names each that can't be read. The server's frame refuses all others. */
export function readQuery<S extends Schemas>(schemas: S, url: string): Query<S> {
  const start = url.indexOf("?");
  if (start >= 0) return readParameters(schemas, new URLSearchParams(url.slice(start)));
  const known = ofNone.get(schemas) as Query<S> | undefined;
  if (known) return known;
  const query = readParameters(schemas, undefined);
  ofNone.set(schemas, query);
  return query;
}

function readParameters<S extends Schemas>(schemas: S, parameters: URLSearchParams | undefined): Query<S> {
  const errors: QueryError[] = [];
  const value: Record<string, unknown> = {};
  for (const [parameter, schema] of Object.entries(schemas)) {
    const given = parameters?.getAll(parameter) ?? [];
    if (given.length > 1) errors.push({ parameter, message: "Must be given once" });
    const read = v.safeParse(schema, given[0], { abortEarly: true });
    if (read.success) value[parameter] = read.output;
    else errors.push({ parameter, message: read.issues[0].message });
  }
  if (errors.length === 0) return { ok: true, value: value as Read<S> };
  return { ok: false, problem: invalidQuery(errors) };
}

/** A foreign cursor has a code of its own: its client has to start over. */
function invalidQuery(errors: readonly QueryError[]): Answer {
  const onlyCursor = errors.every(({ parameter }) => parameter === "cursor");
  return problem(onlyCursor ? "invalid_cursor" : "invalid_query", { errors });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The value without its undefined members. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

/** The parameters as OpenAPI lists them. */
export function describeQuery<S extends Schemas>(
  schemas: S,
  descriptions: Readonly<Record<keyof S & string, string>>,
): Parameter[] {
  return Object.entries(schemas).map(([name, schema]) => ({
    name,
    in: "query",
    description: descriptions[name] ?? "",
    schema,
  }));
}

export function wholeNumber(least: number, most: number) {
  const message = `Must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, message),
    v.transform(Number),
    v.number(),
    v.integer(),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}
