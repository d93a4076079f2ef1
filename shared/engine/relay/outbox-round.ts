// One round over the outbox: what it holds is sent, and what has found its fate is removed. Must never remove an entry
// of which an event is neither on Kafka nor set aside.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { type Hold, heldAmong } from "@millrace/store/held-streams";
import { type OutboxEntry, readOutbox } from "@millrace/store/outbox";
import { settle } from "@millrace/store/relay-marks";
import type { Delivered } from "./deliver.ts";
import type { Marks } from "./marks.ts";
import { ENTRIES_MAX, REMOVED_LATER_MAX } from "./pace.ts";

export interface OutboxRoundOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly marks: Marks;
  deliver(events: readonly StoredEvent[], held: ReadonlySet<string>): Promise<Delivered>;
}

export interface Round {
  /** Records that found their fate. */
  readonly records: number;
  /** Whether nothing else waited when the round began. */
  readonly isAll: boolean;
  /** Whether streams of these lanes are set aside. */
  readonly holds: boolean;
}

export interface OutboxRound {
  /** @throws what kept some of the records from finding their fate. */
  run(lanes: readonly number[]): Promise<Round>;
  /** Removes what is done, and sets these aside. */
  settle(holds?: Iterable<Hold>): Promise<void>;
}

export function createOutboxRound({ sql, log, marks, deliver }: OutboxRoundOptions): OutboxRound {
  /** Entries that are done, while they may still be seen in the table. */
  let done: readonly number[] = [];
  /** What Kafka refused, until the table says so. */
  let refused: readonly Hold[] = [];
  /** Events of entries that are done in part: they are not sent again while this relay lives. */
  let partly = new Set<string>();

  const settleNow = async (holds: Iterable<Hold> = []) => {
    refused = [...refused, ...holds];
    const [ids, aside, given] = [done, refused, marks.unsettled()];
    await settle(sql, { ids, holds: aside, marks: given });
    done = done.filter((id) => !ids.includes(id));
    refused = refused.filter((hold) => !aside.includes(hold));
    marks.settled(given);
  };

  const keep = (entries: readonly OutboxEntry[], { stored, holds: aside }: Delivered) => {
    const isAside = ({ stream, version }: StoredEvent) => {
      const hold = aside.get(stream);
      return hold !== undefined && hold.version <= version && version <= hold.last;
    };
    const isDone = (event: StoredEvent) => stored.has(event) || isAside(event) || partly.has(nameOf(event));
    const doneEntries = entries.filter(({ events }) => events.every(isDone));
    const others = entries.filter((entry) => !doneEntries.includes(entry));
    partly = new Set(others.flatMap(({ events }) => events.filter(isDone).map(nameOf)));
    done = [...done, ...doneEntries.map(({ id }) => id)];
    refused = [...refused, ...aside.values()];
  };

  return {
    /**
     * What rounds before have sent is removed when there is nothing else to do, or else once it is much, on the same way
     * to Postgres and back as the next look.
     */
    async run(lanes) {
      // A look must see what is set aside, or it would send what stands behind.
      if (refused.length > 0) await settleNow();
      const before = done;
      const reading = readOutbox(sql, { lanes, except: before, entriesMax: ENTRIES_MAX });
      const removing = before.length >= REMOVED_LATER_MAX ? settleNow() : undefined;
      // Awaiting it shows the failure; until then it is not an unhandled one.
      removing?.catch(() => {});
      const { entries, isAll, holds } = await reading;
      const events = entries.flatMap((entry) => entry.events).filter((event) => !partly.has(nameOf(event)));
      if (events.length > 0) {
        const held = holds ? await heldAmong(sql, streamsOf(events)) : new Set<string>();
        const delivered = await deliver(events, held);
        keep(entries, delivered);
        say(log, delivered.holds, held);
        await marks.note(delivered.places);
        if (delivered.failure) throw delivered.failure;
      }
      if (removing) await removing;
      else if (entries.length === 0 && before.length > 0) await settleNow();
      return { records: events.length, isAll, holds: holds || refused.length > 0 };
    },
    settle: settleNow,
  };
}

function nameOf({ stream, version }: StoredEvent): string {
  return `${stream}@${version}`;
}

function streamsOf(events: readonly StoredEvent[]): string[] {
  return [...new Set(events.map(({ stream }) => stream))];
}

/** Streams that are set aside for the first time; a partition that refuses may have many. */
function say(log: Log, holds: ReadonlyMap<string, Hold>, held: ReadonlySet<string>): void {
  const [first, ...others] = [...holds.values()].filter(({ stream }) => !held.has(stream));
  if (!first) return;
  const { stream, topic, version, cause } = first;
  log.error(
    { stream, topic, version, cause, others: others.length },
    "Kafka refuses events: their streams are set aside and tried again, all else goes on",
  );
}
