// The file that the client has its types from.
import type { JsonSchema } from "@millrace/http/json-schema";
import { type OpenApiDocument, type Operation, parametersOf } from "@millrace/http/openapi-document";
import { printType } from "./print-type.ts";

const METHODS = ["GET", "POST", "PATCH", "DELETE"] as const;
/** Characters from which a type is named by the place that printed it first: a shorter one reads as well in full. */
const NAMED_FROM_LENGTH = 60;

interface Described {
  readonly name: string;
  readonly method: string;
  readonly operation: Operation;
  readonly codes: readonly string[];
}

/** Whether clients call it: public operations are for people and monitors, signed ones for providers. */
function isForClients({ "x-access": access }: Operation): boolean {
  return access !== "public" && access !== "signature";
}

/** @throws for a write that takes no Idempotency-Key: the client repeats writes, and that one would happen again */
export function printContract(documents: readonly OpenApiDocument[]): string {
  const operations: Described[] = documents.flatMap(({ paths }) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => isForClients(operation))
        .map(([method, operation]) => ({
          name: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          operation,
          codes: codesOf(operation),
        })),
    ),
  );
  for (const each of operations) assertRepeatable(each);
  const common = new Map(METHODS.map((method) => [method as string, commonCodes(operations, method)]));
  const places = namedPlaces();
  return `// Made from the OpenAPI documents of both APIs by \`bun run client\`: not edited, and held against them by a test.

/** What any operation of a method may be refused with. */
export interface Always {
${[...common].map(([method, codes]) => `  ${method}: ${codes.map(quoted).join(" | ")};`).join("\n")}
}

/** By method and path: what an operation takes and answers, and what it may be refused with. */
export interface Operations {
${operations.map((each) => printOperation(each, common.get(each.method) ?? [], places)).join("\n")}
}
`;
}

function assertRepeatable({ name, method, operation }: Described): void {
  if (method === "GET" || parametersOf(operation).some((each) => each.name === "Idempotency-Key")) return;
  throw new Error(`${name} takes no Idempotency-Key: a client that repeats it would do it again`);
}

type Places = ReturnType<typeof namedPlaces>;

/** A type that is printed at one place already is named by that place. */
function namedPlaces() {
  const placeOf = new Map<string, string>();
  return {
    named: (text: string) => placeOf.get(text) ?? text,
    add(text: string, place: string) {
      if (text.length >= NAMED_FROM_LENGTH && !placeOf.has(text)) placeOf.set(text, place);
    },
  };
}

function printOperation(
  { name, operation, codes }: Described,
  common: readonly string[],
  places: Places,
): string {
  const parameters = parametersOf(operation);
  const group = (place: string) =>
    Object.fromEntries(
      parameters.filter((each) => each.in === place).map((each) => [each.name, each.schema] as const),
    );
  const path = group("path");
  const query = group("query");
  const own = codes.filter((code) => !common.includes(code));
  const members = [
    ...(Object.keys(path).length > 0
      ? [
          `path: { ${Object.keys(path)
            .map((each) => `${each}: string | number`)
            .join("; ")} };`,
        ]
      : []),
    ...(Object.keys(query).length > 0 ? [`query: ${printType({ type: "object", properties: query })};`] : []),
    ...bodyOf(operation).map(
      (schema) => `body: ${placed(schema, `Operations[${quoted(name)}]["body"]`, places)};`,
    ),
    `answer: ${
      answersOf(operation)
        .map((schema) =>
          schema === undefined
            ? "undefined"
            : placed(schema, `Operations[${quoted(name)}]["answer"]`, places),
        )
        .join(" | ") || "never"
    };`,
    `problems: ${own.map(quoted).join(" | ") || "never"};`,
  ];
  return `  ${quoted(name)}: {\n${members.map((member) => `    ${member}`).join("\n")}\n  };`;
}

function placed(schema: JsonSchema, place: string, places: Places): string {
  const text = printType(schema, places.named);
  const known = places.named(text);
  if (known !== text) return known;
  places.add(text, place);
  if (schema.type === "array" && schema.items) {
    places.add(printType(schema.items, places.named), `${place}[number]`);
  }
  const alternatives = schema.type === undefined ? (schema.anyOf ?? []) : [];
  if (alternatives.length < 2) return text;
  return alternatives.map((each) => `\n      | ${printType(each, places.named)}`).join("");
}

function bodyOf({ requestBody }: Operation): JsonSchema[] {
  const schema = requestBody?.content["application/json"]?.schema;
  return schema ? [schema] : [];
}

/** Of each success that is no stream; 202 is what the client follows itself. */
function answersOf({ responses }: Operation): (JsonSchema | undefined)[] {
  const answers = Object.entries(responses)
    .filter(([status]) => Number(status) < 300 && status !== "202")
    .map(([, { content }]) => content)
    .filter((content) => !content || "application/json" in content)
    .map((content) => content?.["application/json"]?.schema);
  // What may be anything may be nothing, too.
  return answers.some((schema) => schema && Object.keys(schema).length === 0) ? [{}] : answers;
}

function codesOf({ responses }: Operation): string[] {
  return Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, { content }]) => content?.["application/problem+json"]?.schema.allOf ?? [])
    .flatMap(({ properties }) => properties?.code?.enum ?? [])
    .map(String);
}

function commonCodes(operations: readonly Described[], method: string): string[] {
  const [first, ...others] = operations.filter((each) => each.method === method);
  return (first?.codes ?? []).filter((code) => others.every(({ codes }) => codes.includes(code)));
}

const quoted = (text: string) => JSON.stringify(text);
