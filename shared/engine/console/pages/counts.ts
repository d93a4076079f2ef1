// How many rows a read model has, by the first word that its sums are kept by.
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";

export interface Counts {
  readonly model: ReadModel;
  readonly words: readonly { readonly word: string; readonly rows: number }[];
}

/** States of one thing are few; these have the most rows. */
const WORDS_MAX = 12;

/** Of the read models that keep a count beside their rows, by a state: what has tones. Other keys may be any number. */
export async function readCounts(sql: Sql, models: readonly ReadModel[]): Promise<Counts[]> {
  const counted = models.flatMap((model) => {
    const count = model.sums?.columns.find(({ is }) => is === "count");
    const [key] = model.sums?.key ?? [];
    const hasStates = Object.keys(model.shown.tones).length > 0;
    return hasStates && model.sums && count && key ? [{ model, table: model.sums.table, key, count }] : [];
  });
  return Promise.all(
    counted.map(async ({ model, table, key, count }) => {
      const words = await sql<{ word: string; rows: number }[]>`
        select ${sql(key)}::text as word, sum(${sql(count.name)})::float8 as rows from ${sql(table)}
        group by 1 having sum(${sql(count.name)}) > 0 order by rows desc, word limit ${WORDS_MAX}`;
      return { model, words };
    }),
  );
}
