// JSON Schema as the APIs' documents use it, printed as a type. Bounds that no type can say are left out.
import type { JsonSchema } from "@millrace/http/json-schema";

/** ISO 4217's code for none: an installation chooses its currency, and types are made before that. */
export const UNKNOWN_CURRENCY = "XXX";

/** @param named another text for one that has been printed elsewhere. @throws for a schema that has no type */
export function printType(schema: JsonSchema, named: (text: string) => string = (text) => text): string {
  const print = (part: JsonSchema) => named(printType(part, named));
  const { anyOf, properties, required = [], items, additionalProperties } = schema;
  if (schema.const !== undefined) {
    return schema.const === UNKNOWN_CURRENCY ? "string" : JSON.stringify(schema.const);
  }
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (anyOf) return union(anyOf.map(print));
  switch (schema.type) {
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
      return "number";
    case "array":
      return `ReadonlyArray<${print(items ?? {})}>`;
    case "object": {
      const members = Object.entries(properties ?? {}).map(
        ([name, member]) =>
          `${isName(name) ? name : JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${print(member)}`,
      );
      if (typeof additionalProperties === "object")
        members.push(`[word: string]: ${members.length > 0 ? "unknown" : print(additionalProperties)}`);
      return `{ ${members.length > 0 ? members.join("; ") : "[word: string]: unknown"} }`;
    }
    case undefined:
      if (Object.keys(schema).length === 0) return "unknown";
  }
  throw new Error(`No type is known for the schema ${JSON.stringify(schema)}`);
}

function union(types: readonly string[]): string {
  return types.length > 0 ? [...new Set(types)].join(" | ") : "never";
}

function isName(text: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(text);
}
