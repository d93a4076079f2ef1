// Whose a stream is: what its first event says as `owner`, if it says so. That never changes, and is known from the moment
// that the stream is, however far behind the read models are. Must never answer sooner for what is another's than for what
// is not there.
import { gathered } from "@millrace/platform/gathered";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";

export interface Owners {
  /** False for another's, for what belongs to nobody and for what is not there. @throws Failure `postgres_unavailable`, `overloaded` */
  isOf(stream: string, owner: string): Promise<boolean>;
}

/** Streams that were found to be whose it is that asked, some 200 bytes each. The one that was asked for longest ago gives way. */
const KNOWN_MAX = 10_000;
const BATCH_MAX = 200;
/** Half a second's work, past which an answer would come too late. */
const QUEUE_MAX = 5_000;

export function createOwners(sql: Sql): Owners {
  const ask = gathered((streams) => ownersOf(sql, streams), {
    what: "streams",
    batchMax: BATCH_MAX,
    queueMax: QUEUE_MAX,
  });
  const known = new Map<string, string>();
  const keep = (stream: string, owner: string) => {
    known.delete(stream);
    known.set(stream, owner);
    const [oldest] = known.keys();
    if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  };
  return {
    async isOf(stream, owner) {
      // Only what is theirs is remembered: for all else Postgres is asked each time, whether it is there or not.
      const found = known.get(stream) === owner ? owner : await ask(stream);
      if (found === owner) keep(stream, found);
      return found === owner;
    },
  };
}

async function ownersOf(sql: Sql, streams: string[]): Promise<Map<string, string>> {
  try {
    const rows = await sql<{ stream: string; owner: string }[]>`
      select stream, data ->> 'owner' as owner from events
      where stream = any(${streams}::text[]) and version = 1 and data ->> 'owner' is not null`;
    return new Map(rows.map(({ stream, owner }) => [stream, owner]));
  } catch (error) {
    throw postgresFailure("looking for owners", error);
  }
}
