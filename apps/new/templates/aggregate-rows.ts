import { columnName, KINDS } from "../fields.ts";
import { aOrAn } from "../names.ts";
import type { NewAggregate } from "./aggregate.ts";
import { has, lines, listOf, onlyIf } from "./aggregate-parts.ts";
import { rowTableFile } from "./row-table.ts";

export function tableFile({ names: { name, plural }, fields }: NewAggregate): string {
  const columns = fields.map(({ name, kind }) => {
    const column = columnName(name);
    return `${name}: ${KINDS[kind].column(column === name ? "" : `"${column}"`)}.notNull()`;
  });
  const currency = has(fields, "money") ? ["currency: text().notNull()"] : [];
  return rowTableFile({ table: plural, row: aOrAn(name), columns: [...columns, ...currency] });
}

export function modelFile({ names: { name, type, plural }, fields }: NewAggregate): string {
  const money = has(fields, "money");
  const kept = `${listOf(fields)}${money ? ", currency" : ""}`;
  const documentNames = [
    ...(money ? ["money as moneyShown"] : []),
    ...(has(fields, "time") ? ["time"] : []),
    "documentFields",
  ].join(", ");
  const printed = lines(
    fields,
    ({ name, kind }) => `      ${kind === "money" ? `${name}: fromMinorUnits(${name}, currency)` : name},`,
  );
  const amounts = fields.filter(({ kind }) => kind === "money");
  const told = lines(amounts, ({ name }) => `        ${name}: fromMinorUnits(data.${name}, currency),`);
  return `import * as v from "valibot";
import { defineReadModel, evolving, streamsOf } from "@millrace/read-models/define";
import { ${documentNames} } from "@millrace/read-models/document-fields";
${onlyIf(money, `import { fromMinorUnits } from "../../money.ts";`)}
import { ${name}Codec } from "../codec.ts";
import { ${money ? `type ${type}Event, ` : ""}type Existing${type}, ${name}Decider } from "../decide.ts";
import { ${plural} } from "./table.ts";

export const ${plural}Model = defineReadModel({
  name: "${plural}",
  of: streamsOf({
    category: ${name}Decider.category,
    codec: ${name}Codec,
    next: evolving(${name}Decider),
${onlyIf(money, "    told,")}
    commands: { ${type}Created: "Create${type}", ${type}Changed: "Change${type}", ${type}Deleted: "Delete${type}" },
  }),
  table: ${plural},
  columns: {
${lines(fields, ({ name }) => `    ${name}: ({ value }) => value.${name},`)}
${onlyIf(money, "    currency: ({ value }) => value.currency,")}
    deleted: ({ value }) => value.deleted,
  },
  document({ id, value: { ${kept} }, version, createdAt, updatedAt }) {
    return JSON.stringify({
      id,
${printed}
${onlyIf(money, "      currency,")}
      version,
      createdAt,
      updatedAt,
    });
  },
  restore: ({ ${kept}, deleted }): Existing${type} => ({ exists: true, ${kept}, deleted }),
  shown: {
    noun: "${name}",
    schema: v.object({
      id: v.string(),
${lines(fields, ({ name, kind }) => `      ${name}: ${KINDS[kind].shown},`)}
${onlyIf(money, "      currency: v.string(),")}
      ...documentFields,
    }),
  },
});
${onlyIf(
  money,
  `
/** An event's data as its readers get it: amounts in decimals of the currency. */
function told({ type, data }: ${type}Event, currency: string): unknown {
  switch (type) {
    case "${type}Created":
    case "${type}Changed":
      return {
        ...data,
${told}
      };
    default:
      return data;
  }
}`,
)}
`;
}
