// A topic that was deleted and created anew has lost what no consumer had read yet, and the store has all of it: each
// relay fills it again for its lanes. Must never hold up new events: a chunk of the store and a round over the outbox
// take turns.
import type { StoredEvent } from "@millrace/events/envelope";
import { categoryOf } from "@millrace/events/topics";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { type Hold, heldAmong } from "@millrace/store/held-streams";
import { laneOf } from "@millrace/store/lanes";
import { READ_BYTES_MAX } from "@millrace/store/outbox";
import {
  type DatedMark,
  type Mark,
  moveRefills,
  type Refill,
  readEventsByPosition,
  readRefills,
} from "@millrace/store/relay-marks";
import type { Delivered } from "./deliver.ts";
import type { Marks } from "./marks.ts";

export interface RefillOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly marks: Marks;
  held(): readonly number[];
  deliver(events: readonly StoredEvent[], held: ReadonlySet<string>): Promise<Delivered>;
  /** Stores the marks, and sets streams aside. */
  settle(holds: Iterable<Hold>): Promise<void>;
  /** Where each partition of the event topics ends now. */
  ends(): Promise<readonly Mark[]>;
}

export interface Refilling {
  /** Looks for refills to do, if it is time. */
  look(): Promise<void>;
  /**
   * Sends one chunk where a lane that is held has a refill to do, of events up to that position. All that was in the
   * outbox when it was the last one has been sent: an event that committed late must not come after the next of its
   * stream. Answers how many positions that were.
   */
  step(upTo: number): Promise<number>;
  isUnderWay(): boolean;
}

/** Between looks for refills that another relay has asked for, in ms. */
const LOOK_INTERVAL_MS = 1_000;
/** Between looks at the topics' ends, in ms: longest time for which a topic that nothing is sent to is missed. */
const ENDS_INTERVAL_MS = 10_000;
/**
 * Positions in one read: a few publishes' worth. Postgres weighs all of them, so that a read begins with few and takes
 * twice as many as the last one where that one came to its end.
 */
const POSITIONS_MAX = 5_000;
const POSITIONS_FIRST = 100;

export function createRefilling(options: RefillOptions): Refilling {
  const { sql, log, marks } = options;
  let underWay: readonly Refill[] = [];
  let dueAt = 0;
  let endsAt = 0;
  let looked: { ends: readonly Mark[]; before: readonly DatedMark[] } | undefined;
  let positions = POSITIONS_FIRST;
  const sentOf = new Map<string, number>();

  /** Beside the rounds: Kafka may be slow to say, or say nothing of a topic that is gone. */
  const lookAtEnds = async () => {
    endsAt = Date.now() + ENDS_INTERVAL_MS;
    const before = await marks.now();
    options.ends().then(
      (ends) => {
        looked = { ends, before };
      },
      (error) => log.debug({ cause: describe(error) }, "the topics' ends are not known now"),
    );
  };

  const fill = async (topic: string, refills: readonly Refill[], last: number): Promise<number> => {
    const category = categoryOf(topic);
    const lanes = new Set(refills.map(({ lane }) => lane));
    const after = Math.min(...refills.map(({ position }) => position));
    const asked = { category, after, upTo: Math.min(after + positions, last), bytesMax: READ_BYTES_MAX };
    const { events, upTo } = await readEventsByPosition(sql, asked);
    positions = upTo < asked.upTo ? (upTo - after) * 2 : Math.min(positions * 2, POSITIONS_MAX);
    const ours = events.filter((event) => lanes.has(laneOf(event.stream)));
    const held = await heldAmong(sql, [...new Set(ours.map(({ stream }) => stream))]);
    const delivered = await options.deliver(ours, held);
    await marks.note(delivered.places);
    await options.settle(delivered.holds.values());
    if (delivered.failure) throw delivered.failure;
    const sent = (sentOf.get(topic) ?? 0) + ours.length;
    const isDone = upTo >= last;
    await moveRefills(sql, refills, isDone ? undefined : upTo);
    if (isDone) log.warn({ topic, lanes: [...lanes], published: sent }, "topic filled again");
    if (isDone) sentOf.delete(topic);
    else sentOf.set(topic, sent);
    return upTo - after;
  };

  return {
    async look() {
      if (Date.now() < dueAt) return;
      if (Date.now() >= endsAt) await lookAtEnds();
      if (looked) {
        const { ends, before } = looked;
        looked = undefined;
        await marks.compare(ends, before);
      }
      underWay = await readRefills(sql, options.held());
      dueAt = Date.now() + LOOK_INTERVAL_MS;
    },
    isUnderWay: () => underWay.length > 0,
    async step(last) {
      // Lanes that were lost meanwhile are another's to fill, from where this relay has come.
      underWay = await readRefills(sql, options.held());
      const [first] = underWay;
      if (!first) return 0;
      const { topic, requestedAt } = first;
      return await fill(
        topic,
        underWay.filter((each) => each.topic === topic && each.requestedAt === requestedAt),
        last,
      );
    },
  };
}
