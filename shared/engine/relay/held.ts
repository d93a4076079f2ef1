// Streams that were set aside are tried again, each in its order, until Kafka takes their events.
import type { StoredEvent } from "@millrace/events/envelope";
import { backoffMs } from "@millrace/platform/backoff";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import {
  type HeldSummary,
  heldPlaces,
  noteTries,
  type Place,
  readWaiting,
  summarizeHeld,
  type Tried,
  type Waiting,
} from "@millrace/store/held-streams";
import { READ_BYTES_MAX } from "@millrace/store/outbox";
import type { Delivered } from "./deliver.ts";
import type { Marks } from "./marks.ts";

export interface HeldOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly marks: Marks;
  held(): readonly number[];
  deliver(events: readonly StoredEvent[]): Promise<Delivered>;
  /** Stores the marks. */
  settle(): Promise<void>;
}

export interface Held {
  /** Tries some of each partition's streams, if it is time. Answers how many events were sent. */
  retry(): Promise<number>;
  /** Time until then, in ms. */
  dueInMs(): number;
  /** Looks at what is set aside, for people, where the last round has found any. */
  look(holds: boolean): Promise<void>;
  /** As it was at the last look; undefined where nothing is set aside. */
  summary(): HeldSummary | undefined;
}

/** Times, in ms, between tries of what was refused again: what waits goes on two seconds after its cause is gone. */
const BACKOFF = { firstMs: 500, mostMs: 2_000 };

/** Time, in ms, between looks at what is set aside: people's own are seconds apart. */
const SUMMARY_INTERVAL_MS = 1_000;

export function createHeld({ sql, log, marks, held, deliver, settle }: HeldOptions): Held {
  let failures = 0;
  let dueAt = 0;
  let summary: HeldSummary | undefined;
  let summaryAt = 0;

  const tryPlace = async (place: Place): Promise<number> => {
    const waiting = await readWaiting(sql, { ...place, lanes: held(), bytesMax: READ_BYTES_MAX });
    const delivered = await deliver(waiting.flatMap(({ events }) => events));
    await marks.note(delivered.places);
    await settle();
    await noteTries(
      sql,
      waiting.flatMap((each) => triedOf(each, delivered)),
    );
    if (delivered.stored.size > 0)
      log.info({ ...place, events: delivered.stored.size }, "events that waited were sent");
    if (delivered.failure) throw delivered.failure;
    return delivered.stored.size;
  };

  return {
    dueInMs: () => Math.max(0, dueAt - Date.now()),
    async retry() {
      if (Date.now() < dueAt) return 0;
      let sent = 0;
      try {
        for (const place of await heldPlaces(sql, held())) sent += await tryPlace(place);
      } finally {
        // Where Kafka took some, it may take others: the next look comes without a rest.
        failures = sent > 0 ? 0 : failures + 1;
        dueAt = sent > 0 ? 0 : Date.now() + backoffMs(failures, BACKOFF);
      }
      return sent;
    },
    async look(holds) {
      if (!holds) summary = undefined;
      else if (Date.now() - summaryAt >= SUMMARY_INTERVAL_MS) {
        summary = await summarizeHeld(sql, held());
        summaryAt = Date.now();
      }
    },
    summary: () => summary,
  };
}

/** None where it was not come to. */
function triedOf({ stream, last, events }: Waiting, { stored, holds }: Delivered): Tried[] {
  if (events.length === 0) return [{ stream, sent: last, cause: null }];
  const sent = events.filter((event) => stored.has(event)).at(-1)?.version;
  const refused = holds.get(stream);
  if (refused) return [{ stream, sent: refused.version - 1, cause: refused.cause }];
  return sent === undefined ? [] : [{ stream, sent, cause: null }];
}
