// Where in Kafka this relay's records went. Within a partition Kafka only gives out higher places, and relays alone write
// to the event topics: a place that is not higher than the last one says that the topic is another one, or that it has
// lost its tail. Then it is filled again from the store.

import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { type DatedMark, type Mark, readMarks, requestRefill } from "@millrace/store/relay-marks";

/** Where the last of the records that were sent together stands, and the first. */
export interface Placed extends Mark {
  readonly first: number;
}

export interface Marks {
  /** Before the first records are sent: the marks of other relays rise meanwhile. */
  load(): Promise<void>;
  /** Notes where records went. Asks for a refill where that is no higher than before. */
  note(places: readonly Placed[]): Promise<void>;
  /** Asks for a refill where a topic ends no higher than its marks stood before the end was asked for. */
  compare(ends: readonly Mark[], before: readonly DatedMark[]): Promise<void>;
  now(): Promise<readonly DatedMark[]>;
  /** What is not stored yet. */
  unsettled(): readonly DatedMark[];
  /** These are stored. */
  settled(marks: readonly DatedMark[]): void;
}

export function createMarks({ sql, log }: { sql: Sql; log: Log }): Marks {
  let marks: Map<string, Mark> | undefined;
  let generations = new Map<string, number>();
  const unsettled = new Map<string, DatedMark>();

  const read = async () => {
    const stored = await readMarks(sql);
    generations = new Map(stored.generations);
    return new Map(stored.marks.map((mark) => [placeOf(mark), mark]));
  };

  /** Another relay may have noticed before: then it has asked already, and our marks are of the topic before. */
  const suspect = async (known: Map<string, Mark>, { topic, partition, offset }: Mark, before: number) => {
    const isFirst = await requestRefill(sql, topic, generations.get(topic) ?? 0);
    if (isFirst)
      log.error(
        { topic, partition, offset, mark: before },
        "a topic was created anew or lost records, filling it again",
      );
    const stored = await read();
    for (const [place, mark] of known) if (mark.topic === topic) known.delete(place);
    for (const [place, mark] of unsettled) if (mark.topic === topic) unsettled.delete(place);
    for (const [place, mark] of stored) if (mark.topic === topic) known.set(place, mark);
  };

  return {
    async load() {
      marks ??= await read();
    },
    async note(places) {
      marks ??= await read();
      for (const { topic, partition, offset, first } of places) {
        const mark = { topic, partition, offset };
        const before = marks.get(placeOf(mark));
        if (before && first <= before.offset) await suspect(marks, mark, before.offset);
        marks.set(placeOf(mark), mark);
        unsettled.set(placeOf(mark), { ...mark, generation: generations.get(topic) ?? 0 });
      }
    },
    async compare(ends, before) {
      const known = new Map(before.map((mark) => [placeOf(mark), mark]));
      for (const end of ends) {
        const mark = known.get(placeOf(end));
        const isOfThisTopic = mark?.generation === (generations.get(end.topic) ?? 0);
        if (marks && mark && isOfThisTopic && end.offset <= mark.offset)
          await suspect(marks, end, mark.offset);
      }
    },
    async now() {
      marks ??= await read();
      return [...marks.values()].map((mark) => ({ ...mark, generation: generations.get(mark.topic) ?? 0 }));
    },
    unsettled: () => [...unsettled.values()],
    settled(stored) {
      for (const mark of stored) if (unsettled.get(placeOf(mark)) === mark) unsettled.delete(placeOf(mark));
    },
  };
}

function placeOf({ topic, partition }: Pick<Mark, "topic" | "partition">): string {
  return `${topic}/${partition}`;
}
