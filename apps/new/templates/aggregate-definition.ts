import { type Field, KINDS } from "../fields.ts";
import { aOrAn, capitalized } from "../names.ts";
import type { NewAggregate } from "./aggregate.ts";
import { has, lines, objectOf, onlyIf } from "./aggregate-parts.ts";

export function definitionFile({ names: { name, type, plural }, fields }: NewAggregate): string {
  const money = fields.filter(({ kind }) => kind === "money");
  const isPriced = money.length > 0;
  const example = objectOf(fields, ({ kind }) => KINDS[kind].examples[0]);
  const [first] = fields;
  const patched = first ? objectOf([first], ({ kind }) => KINDS[kind].examples[1]) : "{}";
  const words = ["chosenId", ...(has(fields, "text") ? ["name"] : [])].join(", ");
  return `// ${capitalized(plural)}, whole: how they are asked for and shown.
import * as v from "valibot";
import type { Shown } from "@millrace/commands/aggregate";
import { ${isPriced ? "type Issue, " : ""}parse, refused } from "@millrace/commands/parsed";
import { byId } from "@millrace/commands/reference";
import { ${words} } from "@millrace/commands/words";
import { nameProblems } from "@millrace/http/problem";
${onlyIf(has(fields, "time"), `import { instant } from "@millrace/read-models/asked-values";`)}
import { defineAggregate } from "@millrace/registry/define-aggregate";
${onlyIf(isPriced, `import { fromMinorUnits } from "../money.ts";\nimport { money, readMoney } from "../read-money.ts";`)}
import type { ShopSettings } from "../settings.ts";
import { ${name}Codec } from "./codec.ts";
import { type ${type}Command, type ${type}Event, type ${type}Refusal, type ${type}State, ${name}Decider } from "./decide.ts";
import { ${plural}Model } from "./read-model/model.ts";

const words = {
${lines(fields, ({ name, kind }) => `  ${name}: ${KINDS[kind].word},`)}
};
const new${type} = v.strictObject({ id: v.exactOptional(chosenId), ...words });
const ${name}Patch = v.strictObject({
${lines(fields, ({ name }) => `  ${name}: v.exactOptional(words.${name}),`)}
});

const problems = nameProblems({
  ${name}_not_found: { status: 404, title: "${type} not found", detail: "There is no ${name} with this id." },
  ${name}_already_exists: {
    status: 409,
    title: "${type} already exists",
    detail: "A ${name} with this id was created before. Ids are never given again, not even after a DELETE.",
  },
});

/** What a command answers: the ${name} after it. */
const shown: Shown<${type}State> = {
  schema: v.object({
    id: v.string(),
${lines(fields, ({ name, kind }) => `    ${name}: ${kind === "money" ? "money" : kind === "time" ? "v.pipe(v.string(), v.isoTimestamp())" : KINDS[kind].stored},`)}
${onlyIf(isPriced, "    currency: v.string(),")}
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  of(state, { id, version }) {
    if (!state.exists) return { id, version };
    const { exists: _, deleted: __, ...content } = state;
    return { id, ...content,${money.map(({ name }) => ` ${name}: fromMinorUnits(state.${name}, state.currency),`).join("")} version };
  },
};

export const ${name} = defineAggregate<${type}Command, ${type}State, ${type}Event, ${type}Refusal, ShopSettings>({
  plural: "${plural}",
  decider: ${name}Decider,
  codec: ${name}Codec,
  refusals: problems,
  notFound: problems.${name}_not_found,
  readModel: ${plural}Model,
  // The shop's own: customers neither see nor change them.
  ownership: {
    verbs: { Create${type}: "create", Change${type}: "change", Delete${type}: "remove" },
  },
  reference: byId,
  creation: {
    name: "create${type}",
    schemas: () => [new${type}],
    read(body, { newId${isPriced ? ", settings: { currency }" : ""} }) {
      const parsed = parse(new${type}, body);
      if (!parsed.ok) return parsed;
      const { id = newId(), ...content } = parsed.value;
${onlyIf(isPriced, readPrices(money, "content", false))}
      return { ok: true, value: { id: String(id), command: { type: "Create${type}", ...content${pricesAndCurrency(money)} } } };
    },
    refused: [problems.${name}_already_exists],
    shown,
    example: ${objectOf(fields, ({ kind }) => KINDS[kind].examples[0])},
    routes: [{ path: "/${plural}", summary: "Create ${aOrAn(name)}", examples: { ${name}: ${example} } }],
  },
  change: {
    name: "change${type}",
    words: [${name}Patch.entries],
    read(body${isPriced ? ", { settings: { currency } }" : ""}) {
      const parsed = parse(${name}Patch, body);
      if (!parsed.ok) return parsed;
      if (Object.keys(parsed.value).length === 0) return refused("", "Must name what is to change");
${onlyIf(isPriced, readPrices(money, "parsed.value", true))}
      return { ok: true, value: [{ type: "Change${type}", ...parsed.value${isPriced ? `, ...prices` : ""} }] };
    },
    refused: [],
    shown,
    summary: "Change ${aOrAn(name)}",
    examples: { ${name}: ${patched} },
  },
  removal: {
    name: "delete${type}",
    command: { type: "Delete${type}" },
    refused: [],
    summary: "Delete ${aOrAn(name)}",
  },
});
`;
}

/** Lines that read a body's amounts as minor units; those of a patch read only the amounts that are there. */
function readPrices(money: readonly Field[], from: string, isPatch: boolean): string {
  const read = money.map(({ name }) => {
    const value = `readMoney(${from}.${name}, "/${name}", { currency, issues })`;
    return isPatch
      ? `...(${from}.${name} === undefined ? {} : { ${name}: ${value} }),`
      : `${name}: ${value},`;
  });
  return `      const issues: Issue[] = [];
      const prices = { ${read.join(" ")} };
      if (issues.length > 0) return { ok: false, issues };`;
}

function pricesAndCurrency(money: readonly Field[]): string {
  return money.length > 0 ? ", ...prices, currency" : "";
}

export function testFile({ names: { name, type }, fields }: NewAggregate): string {
  const stored = (index: 0 | 1) => objectOf(fields, ({ kind }) => KINDS[kind].storedExamples[index]);
  const isPriced = has(fields, "money");
  const [first] = fields;
  const patch = first ? `${first.name}: ${KINDS[first.kind].storedExamples[1]}` : "";
  const content = isPriced ? `{ ...content, currency: "USD" }` : "content";
  return `import { expect, test } from "bun:test";
import { given } from "@millrace/testing/given-when-then";
import { ${name}Codec } from "./codec.ts";
import { ${name}Decider, type ${type}Event } from "./decide.ts";

const content = ${stored(0)};
const created: ${type}Event = { type: "${type}Created", data: ${content} };
const deleted: ${type}Event = { type: "${type}Deleted", data: {} };

test("${aOrAn(name)} is created once, and its id is never given again", () => {
  const create = { type: "Create${type}", ...${content} } as const;
  given(${name}Decider, []).when(create).then([created]);
  given(${name}Decider, [created]).when(create).thenRefused("${name}_already_exists");
  given(${name}Decider, [created, deleted]).when(create).thenRefused("${name}_already_exists");
});

test("a change holds all fields after it, and one that changes nothing is no event", () => {
  given(${name}Decider, [created])
    .when({ type: "Change${type}", ${patch} })
    .then([{ type: "${type}Changed", data: { ...content, ${patch} } }]);
  given(${name}Decider, [created]).when({ type: "Change${type}", ...content }).then([]);
});

test("${aOrAn(name)} that does not exist can be neither changed nor deleted", () => {
  for (const events of [[], [created, deleted]]) {
    given(${name}Decider, events).when({ type: "Change${type}", ${patch} }).thenRefused("${name}_not_found");
    given(${name}Decider, events).when({ type: "Delete${type}" }).thenRefused("${name}_not_found");
  }
});

test("every event is read back as it was stored", () => {
  for (const event of [created, { type: "${type}Changed", data: content } as const, deleted]) {
    const { data, ...stored } = ${name}Codec.encode(event);
    const read = ${name}Codec.decode({
      ...{ ...stored, data: JSON.stringify(data), stream: "${name}-1", version: 1, at: "2026-01-31T12:00:00.000Z" },
      metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
    });
    expect(read).toMatchObject(event);
  }
});
`;
}
