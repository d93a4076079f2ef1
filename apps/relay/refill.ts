// A topic that was deleted and created anew has lost what no consumer had read yet, and the store has all of it.
// The relay is the only one that writes to the event topics, and within a partition Kafka only gives out higher
// places. So a place that is not higher than the last one says that this is another topic, and it is filled again
// from the store: by each relay for its lanes, before anything more of the outbox.
import { laneOf } from "@millrace/contract/lanes";
import { EVENT_TOPICS } from "@millrace/contract/topics";
import { lastPosition } from "@millrace/event-store/position";
import {
  type Mark,
  moveRefills,
  type Refill,
  raiseMarks,
  readEventsByPosition,
  readMarks,
  readRefills,
  requestRefill,
} from "@millrace/event-store/relay-marks";
import { toRecord } from "@millrace/kafka/event-record";
import type { OutgoingRecord } from "@millrace/kafka/publish";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";

export interface RefillOptions {
  readonly sql: Sql;
  readonly log: Log;
  held(): readonly number[];
  /** Answers where the records went. */
  publish(records: readonly OutgoingRecord[]): Promise<readonly Mark[]>;
  /** Where each partition of the event topics ends now. */
  ends(): Promise<readonly Mark[]>;
}

export interface Refilling {
  /**
   * Called while the outbox is empty, so that no event waits for it, and before it is looked at once that is overdue.
   * Resolves when no lane that is held has a refill to do.
   */
  upkeep(): Promise<void>;
  isOverdue(): boolean;
  /** Publishes, and notices a topic that was created anew by the places that its records are given. */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
}

/** Between looks for refills that another relay has asked for, and between writes of the marks. */
const LOOK_INTERVAL_MS = 1_000;
/** Past it, an outbox that is never empty waits. */
const OVERDUE_MS = 2_000;
/** Between looks at the topics' ends: a topic that nothing is published to is missed for no longer. */
const ENDS_INTERVAL_MS = 10_000;
/** Positions in one read: a few publishes' worth. */
const POSITIONS_MAX = 5_000;

export function createRefilling(options: RefillOptions): Refilling {
  const { sql, log } = options;
  let marks: Map<string, Mark> | undefined;
  let dirty = false;
  let lookedAt = 0;
  let endsAt = 0;

  const upkeep = async () => {
    if (Date.now() - lookedAt < LOOK_INTERVAL_MS) return;
    marks ??= byPlace(await readMarks(sql));
    if (Date.now() - endsAt >= ENDS_INTERVAL_MS) await lookAtEnds();
    const held = options.held();
    const refills = await readRefills(sql, held);
    for (const topic of new Set(refills.map((refill) => refill.topic))) {
      await refill(
        topic,
        refills.filter((each) => each.topic === topic),
      );
    }
    if (dirty) await raiseMarks(sql, [...marks.values()]);
    dirty = false;
    lookedAt = Date.now();
  };

  /** Of a topic that grows, the end lies past every mark. */
  const lookAtEnds = async () => {
    const ends = await options.ends().catch((error) => {
      log.debug({ cause: describe(error) }, "the topics' ends are not known now");
      return [];
    });
    for (const end of ends) {
      const mark = marks?.get(placeOf(end));
      if (mark && end.offset <= mark.offset) await suspect(end);
    }
    endsAt = Date.now();
  };

  const publish = async (records: readonly OutgoingRecord[]) => {
    marks ??= byPlace(await readMarks(sql));
    for (const given of await options.publish(records)) {
      const before = marks.get(placeOf(given));
      if (before && given.offset <= before.offset) await suspect(given);
      marks.set(placeOf(given), given);
      dirty = true;
    }
  };

  /** Another relay may have noticed before: then its marks are lower, and ours only late. */
  const suspect = async ({ topic, partition, offset }: Mark) => {
    marks = byPlace(await readMarks(sql));
    const mark = marks.get(placeOf({ topic, partition }));
    if (!mark || offset > mark.offset) return;
    log.error({ topic, partition, offset, mark: mark.offset }, "a topic was created anew, filling it again");
    await requestRefill(sql, topic);
    for (const [place, each] of marks) if (each.topic === topic) marks.delete(place);
    lookedAt = 0;
  };

  const refill = async (topic: string, refills: readonly Refill[]) => {
    const category = Object.entries(EVENT_TOPICS).find(([, name]) => name === topic)?.[0];
    if (category === undefined) throw new Error(`No category of streams has the topic ${topic}`);
    const lanes = new Set(refills.map(({ lane }) => lane));
    const last = await lastPosition(sql);
    let published = 0;
    for (let after = Math.min(...refills.map(({ position }) => position)); after < last; ) {
      // Lanes that are lost meanwhile are another's to fill, from where this relay has come.
      if (![...lanes].every((lane) => options.held().includes(lane))) return;
      const upTo = Math.min(after + POSITIONS_MAX, last);
      const events = await readEventsByPosition(sql, { category, after, upTo });
      const ours = events.filter((event) => lanes.has(laneOf(event.stream)));
      if (ours.length > 0) await publish(ours.map(toRecord));
      await moveRefills(sql, refills, upTo);
      published += ours.length;
      after = upTo;
    }
    await moveRefills(sql, refills);
    log.warn({ topic, lanes: [...lanes], published }, "topic filled again");
  };

  return { upkeep, isOverdue: () => Date.now() - lookedAt >= OVERDUE_MS, publish };
}

function byPlace(marks: readonly Mark[]): Map<string, Mark> {
  return new Map(marks.map((mark) => [placeOf(mark), mark]));
}

function placeOf({ topic, partition }: Pick<Mark, "topic" | "partition">): string {
  return `${topic}/${partition}`;
}
