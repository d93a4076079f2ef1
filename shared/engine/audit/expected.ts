// What rows must be, by their events: folded by the projection itself, into temporary tables of one session.
import type { StoredEvent } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import {
  BY_INDEX,
  connectPostgres,
  type Database,
  isPostgresAway,
  isPostgresRace,
  type Sql,
} from "@millrace/platform/postgres";
import { type ReadModel, tablesOf } from "@millrace/read-models/read-model";
import { type Difference, differencesOf } from "@millrace/rebuild/compare";
import { searchPathOf } from "@millrace/rebuild/place";
import { createTemporary, isThere } from "@millrace/rebuild/shadow";

export interface Bench {
  readonly sql: Sql;
  /** What of these whole streams is not in the live rows as their events make it. */
  differences(model: ReadModel, events: readonly StoredEvent[]): Promise<Difference[]>;
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

async function differences(sql: Sql, db: Database, model: ReadModel, events: readonly StoredEvent[]) {
  if (events.length === 0) return [];
  for (const table of tablesOf(model)) {
    // Its index is emptied by writing a new file: the fewer, the less an audit costs.
    if (await isThere(sql, "pg_temp", table)) await sql`truncate pg_temp.${sql(table)}`;
    else await createTemporary(sql, table);
  }
  const unreadable = await fold(db, model, events);
  const ids = [...new Set(events.map(({ stream }) => stream.slice(model.streamPrefix.length)))];
  const readable = ids.filter((id) => unreadable.every((each) => each.id !== id));
  return [...unreadable, ...(await differencesOf(sql, model, "pg_temp", readable))];
}

/** All at once; where that fails, stream by stream, so that one says nothing of the others. */
async function fold(db: Database, model: ReadModel, events: readonly StoredEvent[]): Promise<Difference[]> {
  const apply = (some: readonly StoredEvent[]) =>
    model.apply(
      db,
      some.map((event) => ({ event, partition: 0, offset: 0 })),
    );
  const passes = (error: unknown) => isPostgresAway(error) || isPostgresRace(error);
  try {
    await apply(events);
    return [];
  } catch (error) {
    if (passes(error)) throw error;
  }
  const unreadable: Difference[] = [];
  for (const [stream, own] of Map.groupBy(events, (event) => event.stream)) {
    try {
      await apply(own);
    } catch (error) {
      if (passes(error)) throw error;
      const id = stream.slice(model.streamPrefix.length);
      unreadable.push({
        id,
        kind: "unreadable",
        liveVersion: null,
        copyVersion: null,
        cause: describe(error),
      });
    }
  }
  return unreadable;
}
