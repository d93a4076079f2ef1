import { KINDS } from "../fields.ts";
import { aOrAn, capitalized } from "../names.ts";
import type { NewAggregate } from "./aggregate.ts";
import { has, lines, listOf, onlyIf } from "./aggregate-parts.ts";

export function decideFile({ names: { name, type }, fields }: NewAggregate): string {
  const money = has(fields, "money");
  return `// What may become of ${aOrAn(name)}. Pure: imports nothing but the domain${money ? " and money" : ""}.
import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import { sameJson } from "@millrace/domain/same-json";
${onlyIf(money, `import type { MinorUnits } from "../money.ts";`)}

export interface ${type}Content {
${lines(fields, ({ name, kind }) => `  readonly ${name}: ${KINDS[kind].type};`)}
}
${onlyIf(
  money,
  `
/** The currency of all amounts. */
interface Priced {
  readonly currency: string;
}`,
)}

export type ${type}Command =
  | ({ readonly type: "Create${type}" } & ${type}Content${money ? " & Priced" : ""})
  /** Absent fields stay as they are. */
  | ({ readonly type: "Change${type}" } & Partial<${type}Content>)
  | { readonly type: "Delete${type}" };

/** Storage format, names too. A change holds all fields as they are after it. */
export type ${type}Event =
  | { readonly type: "${type}Created"; readonly data: ${type}Content${money ? " & Priced" : ""} }
  | { readonly type: "${type}Changed"; readonly data: ${type}Content }
  | { readonly type: "${type}Deleted"; readonly data: Record<string, never> };

export interface Existing${type} extends ${type}Content${money ? ", Priced" : ""} {
  readonly exists: true;
  readonly deleted: boolean;
}
export type ${type}State = { readonly exists: false } | Existing${type};

export type ${type}Refusal = { readonly code: "${name}_not_found" } | { readonly code: "${name}_already_exists" };

export const ${name}Decider: Decider<${type}Command, ${type}State, ${type}Event, ${type}Refusal> = {
  category: "${name}",
  initialState: { exists: false },
  evolve,
  decide,
};

function decide(command: ${type}Command, state: ${type}State): Decision<${type}Event, ${type}Refusal> {
  if (command.type === "Create${type}") {
    // An id is never given again, not even after a deletion.
    if (state.exists) return refuse({ code: "${name}_already_exists" });
    const { type: _, ...data } = command;
    return accept({ type: "${type}Created", data });
  }
  if (!state.exists || state.deleted) return refuse({ code: "${name}_not_found" });
  switch (command.type) {
    case "Change${type}": {
      const { type: _, ...changed } = command;
      const data = { ...contentOf(state), ...changed };
      return sameJson(data, contentOf(state)) ? accept() : accept({ type: "${type}Changed", data });
    }
    case "Delete${type}":
      return accept({ type: "${type}Deleted", data: {} });
  }
}

/** Throws where an event stands before its ${type}Created: such a stream is damaged. */
function evolve(state: ${type}State, event: ${type}Event): ${type}State {
  switch (event.type) {
    case "${type}Created":
      return { exists: true, deleted: false, ...event.data };
    case "${type}Changed":
      return { ...existing(state, event), ...event.data };
    case "${type}Deleted":
      return { ...existing(state, event), deleted: true };
  }
}

function existing(state: ${type}State, event: ${type}Event): Existing${type} {
  if (!state.exists) throw new Error(\`\${event.type} stands before ${type}Created in its stream\`);
  return state;
}

/** The fields that a change may change. */
function contentOf({ ${listOf(fields)} }: ${type}Content): ${type}Content {
  return { ${listOf(fields)} };
}
`;
}

export function codecFile({ names: { name, type, plural }, fields }: NewAggregate): string {
  const created = has(fields, "money") ? `{ ...content, currency: v.string() }` : "content";
  return `import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { ${type}Event } from "./decide.ts";

const content = {
${lines(fields, ({ name, kind }) => `  ${name}: ${KINDS[kind].stored},`)}
};

/** ${capitalized(plural)} on the wire and in the store. A changed shape gets the next schemaVersion and an upcaster here. */
export const ${name}Codec = createCodec<${type}Event>({
  ${type}Created: { schemaVersion: 1, schema: v.object(${created}), upcasters: [] },
  ${type}Changed: { schemaVersion: 1, schema: v.object(content), upcasters: [] },
  ${type}Deleted: { schemaVersion: 1, schema: v.object({}), upcasters: [] },
});
`;
}
