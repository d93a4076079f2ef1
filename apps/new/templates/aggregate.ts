// An aggregate: a folder of the shop, whole, and its line in shop.ts.

import { listed, put } from "../edit.ts";
import type { Field } from "../fields.ts";
import type { Names } from "../names.ts";
import type { Plan } from "../plan.ts";
import { codecFile, decideFile } from "./aggregate-decides.ts";
import { definitionFile, testFile } from "./aggregate-definition.ts";
import { withoutGaps } from "./aggregate-parts.ts";
import { modelFile, tableFile } from "./aggregate-rows.ts";

export interface NewAggregate {
  readonly names: Names;
  readonly fields: readonly Field[];
}

export const SHOP = "shared/shop/shop.ts";
export const REFUSALS = "shared/shop/README.md";

/** @param texts of shop.ts and of the page that lists its refusals. @throws Refusal where one is not as expected */
export function planAggregate(aggregate: NewAggregate, texts: { shop: string; refusals: string }): Plan {
  const { name, plural } = aggregate.names;
  const folder = `shared/shop/${name}`;
  return {
    created: new Map(
      [
        [`${folder}/${name}.ts`, definitionFile(aggregate)],
        [`${folder}/decide.ts`, decideFile(aggregate)],
        [`${folder}/codec.ts`, codecFile(aggregate)],
        [`${folder}/read-model/table.ts`, tableFile(aggregate)],
        [`${folder}/read-model/model.ts`, modelFile(aggregate)],
        [`${folder}/${name}.test.ts`, testFile(aggregate)],
      ].map(([path = "", text = ""]) => [path, withoutGaps(text)]),
    ),
    changed: new Map([
      [SHOP, listed(SHOP, texts.shop, { list: "aggregates", what: name, from: `./${name}/${name}.ts` })],
      [REFUSALS, withRefusals(texts.refusals, name)],
    ]),
    migration: plural,
  };
}

/** At the end of the one table. */
function withRefusals(text: string, name: string): string {
  return put(REFUSALS, text, {
    after: /[\s\S]*\n\| \d{3} .*\|\n/,
    words: `| 404    | \`${name}_not_found\` |\n| 409    | \`${name}_already_exists\` |\n`,
    otherwise: `list ${name}_not_found and ${name}_already_exists`,
  });
}
