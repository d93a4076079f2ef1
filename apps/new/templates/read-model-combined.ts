import { capitalized } from "../names.ts";
import type { NewReadModel } from "./read-model.ts";

export function sourcesTableFile({ noun, of }: NewReadModel): string {
  return `import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** What each stream says of its ${noun}: one row a stream, under the stream's name. */
export const ${noun}Sources = pgTable(
  "${noun}_sources",
  {
    ...streamColumns,
    /** The ${noun} that the stream is about; null for none. */
    ${noun}: text(),
${of.map((each) => `    /** 1 for a stream of ${each}, else 0. */\n    ${each}s: integer().notNull(),`).join("\n")}
    deleted: boolean().notNull(),
  },
  (table) => [
    index("${noun}_sources_begun").on(table.${noun}, table.createdAt).where(sql\`not \${table.deleted}\`),
  ],
);
`;
}

export function combinedTableFile({ name, noun, of }: NewReadModel): string {
  return `import { sql } from "drizzle-orm";
import { bigint, index, pgTable, text } from "drizzle-orm/pg-core";
import { milliseconds } from "@millrace/read-models/stream-columns";

/** What the streams of each ${noun} come to. */
export const ${name} = pgTable(
  "${name}",
  {
    id: text().primaryKey(),
    /** 0 where all of them are deleted: readers don't see the row. */
    streams: bigint({ mode: "number" }).notNull(),
${of.map((each) => `    ${each}s: bigint({ mode: "number" }).notNull(),`).join("\n")}
    createdAt: milliseconds("created_at"),
  },
  (table) => [index("${name}_newest").on(table.createdAt, table.id).where(sql\`\${table.streams} <> 0\`)],
);
`;
}

export function combinedModelFile({ name, noun, of }: NewReadModel): string {
  const kept = "Contribution";
  const nothing = of.map((each) => `${each}s: 0`).join(", ");
  return `// ${capitalized(name)}: what streams of ${of.join(" and ")} come to, by the ${noun} that they are about.
import * as v from "valibot";
import type { RecordedEvent } from "@millrace/events/envelope";
import { streamsOf } from "@millrace/read-models/define";
import { defineCombined } from "@millrace/read-models/define-combined";
import { time } from "@millrace/read-models/document-fields";
${of.map((each) => `import { ${each}Codec } from "../../${each}/codec.ts";`).join("\n")}
import { ${noun}Sources } from "./sources-table.ts";
import { ${name} } from "./table.ts";

/** What one stream says. */
interface ${kept} {
  readonly ${noun}: string | null;
${of.map((each) => `  readonly ${each}s: number;`).join("\n")}
  readonly deleted: boolean;
}

export const ${name}Model = defineCombined({
  name: "${name}",
  of: [
${of.map((each) => `    streamsOf({ category: "${each}", codec: ${each}Codec, next: saying({ ${each}s: 1 }) }),`).join("\n")}
  ],
  table: ${noun}Sources,
  columns: {
    ${noun}: ({ value }) => value.${noun},
${of.map((each) => `    ${each}s: ({ value }) => value.${each}s,`).join("\n")}
    deleted: ({ value }) => value.deleted,
  },
  restore: ({ ${noun}, ${of.map((each) => `${each}s`).join(", ")}, deleted }): ${kept} => ({ ${noun}, ${of.map((each) => `${each}s`).join(", ")}, deleted }),
  combined: {
    table: ${name},
    key: { id: "${noun}" },
    columns: {
      streams: { is: "count" },
${of.map((each) => `      ${each}s: { is: "sum", of: "${each}s" },`).join("\n")}
      createdAt: { is: "least", of: "createdAt" },
    },
  },
  shown: {
    noun: "${noun}",
    schema: v.object({
      id: v.string(),
${of.map((each) => `      ${each}s: v.pipe(v.number(), v.integer(), v.minValue(0)),`).join("\n")}
      createdAt: time,
    }),
    unless0: "streams",
    document: ({ id, ${of.map((each) => `${each}s`).join(", ")}, createdAt }) =>
      \`{"id":\${JSON.stringify(id)},${of.map((each) => `"${each}s":\${${each}s}`).join(",")},"createdAt":\${JSON.stringify(createdAt)}}\`,
  },
});

/** Streams with one id are about one ${noun}. Where something else says which, such as a field of an event, read it here. */
function saying(own: Partial<${kept}>) {
  return (_: ${kept} | undefined, event: RecordedEvent<{ type: string; data: unknown }>): ${kept} => ({
    ...{ ${nothing}, ...own },
    ${noun}: event.aggregateId,
    deleted: event.type.endsWith("Deleted"),
  });
}
`;
}
