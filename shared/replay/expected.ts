// What rows must be, by their events: folded by the projection itself, into temporary tables of one session.
import type { StoredEvent } from "@millrace/contract/envelope";
import { parseStreamName } from "@millrace/contract/envelope";
import { BY_INDEX, connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { type Difference, differencesOf } from "./compare.ts";
import { type Model, searchPathOf, tablesOf } from "./models.ts";
import { createTemporary, isThere } from "./shadow.ts";

export interface Bench {
  readonly sql: Sql;
  /** What of these whole streams is not in the live rows as their events make it. */
  differences(model: Model, events: readonly StoredEvent[]): Promise<Difference[]>;
  end(): Promise<void>;
}

/** A connection of its own, whose temporary tables stand before the live ones under the same names. */
export function openBench(url: string): Bench {
  const { sql, db } = connectPostgres({
    url,
    name: "audit",
    // Temporary tables are a session's: there must be one.
    connectionsMax: 1,
    answerWithinMs: 0,
    settings: { ...BY_INDEX, search_path: searchPathOf("pg_temp") },
  });
  return {
    sql,
    differences: (model, events) => differences(sql, db, model, events),
    end: () => sql.end({ timeout: 1 }),
  };
}

async function differences(sql: Sql, db: Database, model: Model, events: readonly StoredEvent[]) {
  if (events.length === 0) return [];
  for (const table of tablesOf(model)) {
    // Its index is emptied by writing a new file: the fewer, the less an audit costs.
    if (await isThere(sql, "pg_temp", table)) await sql`truncate pg_temp.${sql(table)}`;
    else await createTemporary(sql, table);
  }
  await model.projection.apply(
    db,
    events.map((event) => ({ event, partition: 0, offset: 0 })),
  );
  const ids = [...new Set(events.map((event) => parseStreamName(event.stream).aggregateId))];
  return differencesOf(sql, model, "pg_temp", ids);
}
