// Which SKUs stock is kept of, by what the event store holds: rows come later, and an order must not slip through before.
import { streamName } from "@millrace/events/envelope";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { stockDecider } from "./decide.ts";

/** Of these. @throws Failure `postgres_unavailable` */
export async function loadKept(sql: Sql, skus: readonly string[]): Promise<ReadonlySet<string>> {
  const prefix = streamName(stockDecider.category, "");
  const streams = skus.map((sku) => prefix + sku);
  try {
    const rows = await sql<{ stream: string }[]>`
      select stream from events where stream = any(${streams}::text[]) and version = 1`;
    return new Set(rows.map(({ stream }) => stream.slice(prefix.length)));
  } catch (error) {
    throw postgresFailure("looking for what stock is kept of", error);
  }
}
