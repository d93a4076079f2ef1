// The files of a new read model: rows of one aggregate's streams, or what streams of several come to together.

import { listed } from "../edit.ts";
import { aOrAn, capitalized } from "../names.ts";
import type { Plan } from "../plan.ts";
import { SHOP } from "./aggregate.ts";
import { combinedModelFile, combinedTableFile, sourcesTableFile } from "./read-model-combined.ts";
import { rowTableFile } from "./row-table.ts";

export interface NewReadModel {
  /** Of many: carriers. */
  readonly name: string;
  /** One of them: carrier. */
  readonly noun: string;
  readonly of: readonly string[];
}

export function planReadModel(model: NewReadModel, shop: string): Plan {
  const { name, noun, of } = model;
  const folder = `shared/shop/${noun}/read-model`;
  const files: [string, string][] =
    of.length === 1
      ? [
          ["table.ts", rowTableFile({ table: name, row: aOrAn(noun), columns: [] })],
          ["model.ts", modelFile(model, of[0] as string)],
        ]
      : [
          ["sources-table.ts", sourcesTableFile(model)],
          ["table.ts", combinedTableFile(model)],
          ["model.ts", combinedModelFile(model)],
        ];
  return {
    created: new Map(files.map(([path, text]) => [`${folder}/${path}`, text])),
    changed: new Map([
      [
        SHOP,
        listed(SHOP, shop, {
          list: "readModels",
          what: `${name}Model`,
          from: `./${noun}/read-model/model.ts`,
        }),
      ],
    ]),
    migration: name,
  };
}

function modelFile({ name, noun }: NewReadModel, of: string): string {
  const kept = capitalized(noun);
  return `// ${capitalized(name)}: one row for ${aOrAn(of)}.
import * as v from "valibot";
import type { RecordedEvent } from "@millrace/events/envelope";
import { defineReadModel, streamsOf } from "@millrace/read-models/define";
import { documentFields } from "@millrace/read-models/document-fields";
import { ${of}Codec } from "../../${of}/codec.ts";
import { ${name} } from "./table.ts";

/** What the row keeps of ${aOrAn(of)}. */
interface ${kept} {
  readonly deleted: boolean;
}

export const ${name}Model = defineReadModel({
  name: "${name}",
  of: streamsOf({ category: "${of}", codec: ${of}Codec, next }),
  table: ${name},
  columns: { deleted: ({ value }) => value.deleted },
  document: ({ id, version, createdAt, updatedAt }) => JSON.stringify({ id, version, createdAt, updatedAt }),
  restore: ({ deleted }): ${kept} => ({ deleted }),
  shown: { noun: "${noun}", schema: v.object({ id: v.string(), ...documentFields }) },
});

/** The row after each event; \`${noun}\` is undefined before the first. */
function next(${noun}: ${kept} | undefined, { type }: RecordedEvent<{ type: string; data: unknown }>): ${kept} {
  return { ...${noun}, deleted: type === "${capitalized(of)}Deleted" };
}
`;
}
