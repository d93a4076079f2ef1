// Finds the SKUs that stock is kept of, in the event store: rows come later, and an order must not slip through before. Every
// order with SKUs asks, so orders that come at about the same time share a statement.
import { streamName } from "@millrace/events/envelope";
import { gathered } from "@millrace/platform/gathered";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { stockDecider } from "./decide.ts";

/** SKUs in one statement, each a look into an index: two of the largest orders. */
const BATCH_MAX = 1_000;
/** SKUs that may wait: a hundred of the largest orders at once. */
const QUEUE_MAX = 50_000;

const lookups = new WeakMap<Sql, (sku: string) => Promise<true | undefined>>();

/** Of these. @throws Failure `postgres_unavailable`; `overloaded` past the bound */
export async function loadKept(sql: Sql, skus: readonly string[]): Promise<ReadonlySet<string>> {
  const isKept = lookups.get(sql) ?? gathered((asked) => keptOf(sql, asked), BOUNDS);
  lookups.set(sql, isKept);
  const found = await Promise.all(skus.map(isKept));
  return new Set(skus.filter((_, index) => found[index]));
}

const BOUNDS = { what: "SKUs", batchMax: BATCH_MAX, queueMax: QUEUE_MAX };

async function keptOf(sql: Sql, skus: readonly string[]): Promise<ReadonlyMap<string, true>> {
  const prefix = streamName(stockDecider.category, "");
  const streams = skus.map((sku) => prefix + sku);
  try {
    const rows = await sql<{ stream: string }[]>`
      select stream from events where stream = any(${streams}::text[]) and version = 1`;
    return new Map(rows.map(({ stream }) => [stream.slice(prefix.length), true]));
  } catch (error) {
    throw postgresFailure("looking for what stock is kept of", error);
  }
}
