import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FetchedRecord } from "@millrace/kafka/received-record";
import { propertyRun } from "@millrace/testing/seed";
import { identityOf } from "./checkpoint.ts";
import { type Effect, type Input, type Question, type Reading, step, UNREAD } from "./reading.ts";

const NOW = { ms: 1_000, mailboxRecordsMax: 100 };

function record(offset: number, topic: "first" | "second" = "first"): FetchedRecord {
  const fields = { partition: 0, offset, key: "k", headers: { ce_id: `thing-1@${offset}` }, value: "{}" };
  return { ...fields, timestamp: topic === "first" ? "1000" : "2000", bytes: 2 } as unknown as FetchedRecord;
}

function fetched(from: number, to: number, { high = 50, topic = "first" as "first" | "second" } = {}): Input {
  const records = Array.from({ length: to - from }, (_, index) => record(from + index, topic));
  return { is: "fetched", batch: { records, fetchedOffset: from, nextOffset: to, highWatermark: high } };
}

/** Through all the inputs: where it ends, and all that was to be done. */
function walk(inputs: readonly Input[], from: Reading = UNREAD, now = NOW) {
  let reading = from;
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(reading, input, now);
    reading = next.reading;
    effects.push(...next.effects);
  }
  return { reading, effects };
}

const claim = (offset: number, lastRecord: string | null = null): Input[] => [
  { is: "claimed", offset, epoch: 1, lastRecord },
  { is: "answered", question: { about: "claim", offset, lastRecord }, kept: { low: 0, high: 50 } },
];
const handed = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === "hand over" ? effect.records.map(({ offset }) => offset) : []));
const done = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

describe("reading", () => {
  test("nothing is handed over before a checkpoint was held against what Kafka has", () => {
    const { effects, reading } = walk([
      fetched(0, 5),
      { is: "claimed", offset: 3, epoch: 1, lastRecord: null },
      fetched(0, 5),
    ]);
    expect(done(effects)).toEqual(["ask Kafka"]);
    expect(reading.place).toBeUndefined();
  });

  test("after a claim it goes on at the checkpoint", () => {
    const { effects } = walk([...claim(3), fetched(3, 6)]);
    expect(effects).toContainEqual({ do: "seek", offset: 3 });
    expect(handed(effects)).toEqual([3, 4, 5]);
  });

  // Seen to fail with the end of the topic not asked for: the reading waited for ever past it.
  test("a checkpoint past the end, or before the start, begins the topic anew, and says whether Kafka forgot", () => {
    for (const [offset, kept, forgotten] of [
      [60, { low: 0, high: 50 }, false],
      [3, { low: 10, high: 50 }, true],
    ] as const) {
      const question: Question = { about: "claim", offset, lastRecord: null };
      const { effects, reading } = walk([{ is: "answered", question, kept }]);
      expect(effects).toContainEqual(expect.objectContaining({ do: "start over", kept, forgotten }));
      expect(reading.place).toBeUndefined();
    }
  });

  test("an actor's death drops what it had in hand, and what comes meanwhile is not taken", () => {
    const { reading, effects } = walk([
      ...claim(0),
      fetched(0, 5),
      { is: "handed", records: 5, bytes: 10 },
      { is: "dropped" },
      fetched(5, 9),
    ]);
    expect(handed(effects)).toEqual([0, 1, 2, 3, 4]);
    expect(reading).toMatchObject({ place: undefined, inHand: 0, bytesInHand: 0 });
    expect(reading.pausedAt).toBe(NOW.ms);
  });

  test("a full mailbox pauses the partition, and the commit that makes room resumes it", () => {
    const full = walk([...claim(0), fetched(0, 5), { is: "handed", records: 100, bytes: 10 }, fetched(5, 6)]);
    expect(done(full.effects).at(-1)).toBe("pause");
    const room = walk([{ is: "committed", offset: 5, records: 100, bytes: 10 }], full.reading);
    expect(done(room.effects)).toEqual(["resume"]);
    const late = walk([{ is: "committed", offset: 5, records: 100, bytes: 10 }], full.reading, {
      ...NOW,
      ms: NOW.ms + 60_000,
    });
    expect(late.effects).toEqual([{ do: "resume" }, { do: "seek", offset: 4 }]);
  });

  test("a topic created anew that has grown past the place is told by the record before, and left", () => {
    const anew = walk([...claim(0), fetched(0, 5), { is: "doubted" }, fetched(4, 9, { topic: "second" })]);
    expect(handed(anew.effects)).toEqual([0, 1, 2, 3, 4]);
    expect(anew.effects.at(-1)).toEqual({ do: "ask Kafka", question: { about: "another topic" } });
    expect(anew.reading.place).toBeUndefined();
  });

  test("an end that moves back makes the record before prove itself", () => {
    const { effects } = walk([...claim(0), fetched(0, 5), fetched(5, 7, { high: 10 })]);
    expect(handed(effects)).toEqual([0, 1, 2, 3, 4]);
    expect(effects).toContainEqual({ do: "seek", offset: 4 });
  });

  test("assigned again, it goes on where it was, or has its actor replaced where Kafka has not that any more", () => {
    const { reading } = walk([...claim(0), fetched(0, 5)]);
    expect(walk([{ is: "reassigned", kept: { low: 0, high: 9 } }], reading).effects).toContainEqual({
      do: "seek",
      offset: 4,
    });
    for (const kept of [
      { low: 6, high: 9 },
      { low: 0, high: 3 },
    ]) {
      expect(done(walk([{ is: "reassigned", kept }], reading).effects)).toEqual(["replace the actor"]);
    }
  });
});

// Seen to fail with any fetch taken for wanted, and with `readOn` that seeks nothing.
test("in any order of things, what one actor is handed follows without a gap and without a repetition, and all of it comes", () => {
  const acts = fc.constantFrom(
    "fetch",
    "commit",
    "answer",
    "die",
    "doubt",
    "reassign",
    "move the consumer",
    "late",
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(acts, fc.nat(TOPIC_END - 1)), { maxLength: 60 }), (script) => {
      const partition = openPartition();
      for (const [act, number] of script) {
        partition.act(act, number);
        partition.check();
      }
      // Left alone, it comes to the end.
      for (let turn = 0; turn < 200; turn++) {
        for (const act of ["answer", "fetch", "commit"] as const) partition.act(act, turn);
        partition.check();
      }
      expect(partition.committed()).toBe(TOPIC_END);
    }),
    propertyRun(),
  );
});

const TOPIC_END = 40;

type Act = "fetch" | "commit" | "answer" | "die" | "doubt" | "reassign" | "move the consumer" | "late";

/** A partition with its consumer, its actors and its checkpoint, in which nothing happens but by `act`. */
function openPartition() {
  const kept = { low: 0, high: TOPIC_END };
  let reading = UNREAD;
  let consumerAt = 0;
  let committed = 0;
  let ms = 0;
  /** Offsets that the present actor was handed. */
  let actor: number[] = [];
  let asked: Question[] = [];

  const send = (input: Input) => {
    const next = step(reading, input, { ms, mailboxRecordsMax: 8 });
    reading = next.reading;
    next.effects.forEach(carryOut);
  };
  const carryOut = (effect: Effect) => {
    if (effect.do === "seek") consumerAt = effect.offset;
    if (effect.do === "replace the actor" || effect.do === "start over")
      throw new Error("the topic is the same");
    if (effect.do === "ask Kafka") asked.push(effect.question);
    if (effect.do !== "hand over") return;
    actor.push(...effect.records.map(({ offset }) => offset));
    send({ is: "handed", records: effect.records.length, bytes: 0 });
  };
  const claim = () => {
    const lastRecord = committed === 0 ? null : identityOf(record(committed - 1));
    send({ is: "claimed", offset: committed, epoch: 1, lastRecord });
  };
  const fetch = (number: number) => {
    const to = Math.min(consumerAt + 1 + (number % 6), TOPIC_END);
    if (reading.pausedAt !== undefined || to <= consumerAt) return;
    const before = consumerAt;
    send(fetched(consumerAt, to, { high: TOPIC_END }));
    // Moves on by itself, where nothing was sought meanwhile.
    if (consumerAt === before && reading.place?.next === to) consumerAt = to;
  };
  const commit = (number: number) => {
    const done = actor.filter((offset) => offset >= committed).slice(0, 1 + (number % 4));
    const last = done.at(-1);
    if (last === undefined) return;
    committed = last + 1;
    send({ is: "committed", offset: committed, records: done.length, bytes: 0 });
  };
  const die = () => {
    asked = [];
    send({ is: "dropped" });
    actor = [];
    claim();
  };
  const answer = () => {
    const question = asked.shift();
    if (question) send({ is: "answered", question, kept });
  };

  claim();
  return {
    act(act: Act, number: number) {
      ms += act === "late" ? 10_000 : 1;
      if (act === "fetch") fetch(number);
      if (act === "commit") commit(number);
      if (act === "answer") answer();
      if (act === "die") die();
      if (act === "doubt") send({ is: "doubted" });
      if (act === "reassign") send({ is: "reassigned", kept });
      if (act === "move the consumer") consumerAt = number;
    },
    check() {
      const [first = committed] = actor;
      expect(actor).toEqual(actor.map((_, index) => first + index));
      expect(first).toBeLessThanOrEqual(committed);
    },
    committed: () => committed,
  };
}
