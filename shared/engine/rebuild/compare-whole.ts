// Every row of a copy against the live model, in one snapshot.
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import {
  compareRange,
  cutKeys,
  type Difference,
  differencesOf,
  differingIds,
  isSame,
  NAMED_MAX,
  presentXid,
  wrongSums,
} from "./compare.ts";
import { stillLeftOut } from "./left-out.ts";
import type { Place } from "./place.ts";
import type { Progress } from "./rebuild.ts";

export interface Comparison {
  readonly ranges: number;
  readonly rangesEqual: number;
  readonly rows: { readonly live: number; readonly copy: number };
  /** What differs and is not just on its way; at most as many as are named. */
  readonly differences: readonly Difference[];
  readonly sums: { readonly live: readonly string[]; readonly copy: readonly string[] };
  /** Keys that were not the same, whatever the reason: looked at again before a switch. At most UNEQUAL_MAX. */
  readonly unequal: readonly string[];
  /** Keys beyond those: they differ as well, and are not compared again. */
  readonly hasMore: boolean;
  /** Oldest transaction then: rows of later ones have changed since. */
  readonly xid: string;
}

/**
 * Keys that are looked at again while the live rows stand still: ten seconds of 5,000 changes. Where a model is built for
 * the first time all of its keys differ, in a large shop by the million.
 */
const UNEQUAL_MAX = 50_000;

export async function compareWhole(options: {
  readonly sql: Sql;
  readonly model: ReadModel;
  readonly place: Place;
  onProgress(progress: Progress): void;
}): Promise<Comparison> {
  const { sql, model, place, onProgress } = options;
  const compared = await sql.begin("isolation level repeatable read", async (tx) => {
    const xid = await presentXid(tx);
    const bounds = await cutKeys(tx, model, place);
    const ranges = bounds.slice(1).map((upTo, index) => ({ after: bounds[index] ?? null, upTo }));
    const rows = { live: 0, copy: 0 };
    let unequal: readonly string[] = [];
    let rangesEqual = 0;
    for (const range of ranges) {
      const found = await compareRange(tx, model, place, range);
      rows.live += found.live.rows;
      rows.copy += found.copy.rows;
      if (isSame(found)) rangesEqual++;
      else if (unequal.length <= UNEQUAL_MAX) {
        const limit = UNEQUAL_MAX + 1 - unequal.length;
        unequal = unequal.concat(await differingIds(tx, model, place, { ...range, limit }));
      }
      onProgress({ phase: "comparing", done: rows.live, total: rows.live, unit: "keys" });
    }
    const sums = { live: await wrongSums(tx, model, "public"), copy: await wrongSums(tx, model, place) };
    const hasMore = unequal.length > UNEQUAL_MAX;
    return {
      ranges: ranges.length,
      rangesEqual,
      rows,
      unequal: unequal.slice(0, UNEQUAL_MAX),
      hasMore,
      sums,
      xid,
    };
  });
  // A moment later, what was only on its way has arrived.
  const differences = (await differencesOf(sql, model, place, compared.unequal))
    .filter((difference) => difference.kind !== "copy-behind" && difference.kind !== "extra")
    .slice(0, NAMED_MAX);
  const lacking = compared.unequal.length > 0 ? await settledLacks(sql, model, place, compared.unequal) : [];
  const unreadable = await stillLeftOut(sql, model, place);
  const named = new Set(unreadable.map(({ id }) => id));
  const others = [...differences, ...lacking].filter(({ id }) => !named.has(id));
  const all = { ...compared, differences: [...unreadable, ...others].slice(0, NAMED_MAX) };
  await keep(sql, model, all);
  return all;
}

/** Between looks at what the copy lacks: it follows, so what it lacks for this long does not come. */
const SETTLE_MS = 1_000;

async function settledLacks(
  sql: Sql,
  model: ReadModel,
  place: Place,
  ids: readonly string[],
): Promise<Difference[]> {
  const lacks = (found: readonly Difference[]) =>
    found.filter(({ kind }) => kind === "copy-behind" || kind === "extra");
  const before = lacks(await differencesOf(sql, model, place, ids));
  if (before.length === 0) return [];
  await Bun.sleep(SETTLE_MS);
  const now = await differencesOf(
    sql,
    model,
    place,
    before.map(({ id }) => id),
  );
  return lacks(now).filter((late) =>
    before.some((early) => early.id === late.id && early.copyVersion === late.copyVersion),
  );
}

async function keep(sql: Sql, model: ReadModel, comparison: Comparison): Promise<void> {
  const { unequal: _, ...kept } = comparison;
  await sql`
    update rebuilds set comparison = ${JSON.stringify(kept)}::text::json, changed_at = now()
    where projection = ${model.name}`;
}
