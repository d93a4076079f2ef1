// The records of a stream's events, as Kafka keeps them, remembered for a while: finding one reads its partition from when
// the event was stored.
import { locateAll } from "@millrace/audit/locate";
import type { StoredEvent } from "@millrace/events/envelope";
import type { RecordPlace } from "@millrace/read-models/why";
import { askKafka, type Sources } from "./sources.ts";

/** Time, in ms, for all records of one page: of a busy partition much is read. */
const LOCATE_WITHIN_MS = 6_000;
/** Streams whose records are remembered. */
const KEPT_MAX = 1_000;
/** In ms. A record's place stays the same until its topic is created anew. */
const KEPT_MS = 60_000;

/** Places by the version of the event. */
export type Places = ReadonlyMap<number, RecordPlace>;

/** @throws Failure `kafka_unavailable` */
export type FindPlaces = (id: string, events: readonly StoredEvent[]) => Promise<Places>;

export function createRecordPlaces({ kafka, log }: Sources, topic: string): FindPlaces {
  const known = new Map<string, { readonly since: number; readonly places: Map<number, RecordPlace> }>();
  return async (id, events) => {
    const remembered = known.get(id);
    const isFresh = remembered && Date.now() - remembered.since < KEPT_MS;
    const entry = isFresh ? remembered : { since: Date.now(), places: new Map<number, RecordPlace>() };
    const missing = events.filter(({ version }) => !entry.places.has(version));
    if (missing.length === 0) return entry.places;
    const found = await askKafka(
      "looking for records",
      locateAll({ kafka, log }, topic, missing),
      LOCATE_WITHIN_MS,
    );
    for (const [version, place] of found) entry.places.set(version, place);
    known.delete(id);
    known.set(id, entry);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT_MAX) break;
      known.delete(oldest);
    }
    return entry.places;
  };
}
