// Connections on which a projection's SQL works on a copy.
import { BY_INDEX, connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { type Place, searchPathOf } from "./place.ts";

export interface CopyConnections {
  readonly sql: Sql;
  readonly db: Database;
  end(): Promise<void>;
}

/** A loader's ranges have one each; a follower's partitions share them. */
const CONNECTIONS_MAX = 4;

export function connectCopy(url: string, place: Place): CopyConnections {
  const { sql, db } = connectPostgres({
    url,
    name: `rebuild-${place}`,
    connectionsMax: CONNECTIONS_MAX,
    // A chunk, or an index, takes as long as it takes.
    answerWithinMs: 0,
    settings: {
      // A chunk's rows look up their live counterparts, and Postgres would read the whole live table for it.
      ...BY_INDEX,
      search_path: searchPathOf(place),
      // Rows and the place that they were loaded to are lost together, if at all: no need to wait for the disk.
      synchronous_commit: "off",
    },
  });
  return { sql, db, end: () => sql.end({ timeout: 5 }) };
}
