// The reading of one partition as a value: where it goes on, and how much its actor has in hand. `step` is pure;
// partition.ts carries the effects out, in their order. Must never hand a record over twice to one actor, or pass over
// one that Kafka has.
import { LATE_MS } from "@millrace/kafka/consumer-life";
import type { FetchedRecord } from "@millrace/kafka/received-record";
import type { KeptOffsets } from "./kept-offsets.ts";
import { doubt, type Fetched, type Place, placeAt, readFrom, take } from "./place.ts";

export interface Reading {
  /** Undefined until a claimed checkpoint is held against what Kafka has; nothing is handed over before. */
  readonly place: Place | undefined;
  /** The checkpoint's, as its actor last said. */
  readonly epoch: number;
  readonly committed: number;
  readonly highWatermark: number;
  /** Records handed over and not yet in effect, and their bytes. */
  readonly inHand: number;
  readonly bytesInHand: number;
  /** Since when nothing is fetched, in ms of the clock that inputs carry; undefined while it is. */
  readonly pausedAt: number | undefined;
}

/** A partition's reading before its first actor has claimed anything. */
export const UNREAD: Reading = {
  place: undefined,
  epoch: 0,
  committed: 0,
  highWatermark: 0,
  inHand: 0,
  bytesInHand: 0,
  pausedAt: Number.NEGATIVE_INFINITY,
};

/** What is to be done with Kafka's answer. */
export type Question =
  | { readonly about: "claim"; readonly offset: number; readonly lastRecord: string | null }
  | { readonly about: "displaced" }
  | { readonly about: "another topic" };

export type Input =
  /** The actor has the checkpoint. */
  | {
      readonly is: "claimed";
      readonly offset: number;
      readonly epoch: number;
      readonly lastRecord: string | null;
    }
  | { readonly is: "committed"; readonly offset: number; readonly records: number; readonly bytes: number }
  /** The actor is gone, or about to be: what it has in hand is read again. */
  | { readonly is: "dropped" }
  /** Kafka's answer, for the actor that was there when it was asked. */
  | { readonly is: "answered"; readonly question: Question; readonly kept: KeptOffsets }
  /** Assigned again after a rebalance in which it stayed ours. */
  | { readonly is: "reassigned"; readonly kept: KeptOffsets }
  /** The topic may be another one by now. */
  | { readonly is: "doubted" }
  | { readonly is: "fetched"; readonly batch: Fetched<FetchedRecord> & { readonly highWatermark: number } }
  | { readonly is: "handed"; readonly records: number; readonly bytes: number }
  | { readonly is: "draining" };

export type Effect =
  | { readonly do: "pause" | "resume" | "forget what is passed" }
  | { readonly do: "seek"; readonly offset: number }
  | { readonly do: "ask Kafka"; readonly question: Question }
  | { readonly do: "hand over"; readonly records: readonly FetchedRecord[]; readonly upTo: number }
  /** The actor moves its checkpoint there, and says `claimed` again. */
  | {
      readonly do: "start over";
      readonly kept: KeptOffsets;
      readonly reason: string;
      readonly forgotten: boolean;
    }
  | { readonly do: "replace the actor"; readonly cause: string };

export interface Step {
  readonly reading: Reading;
  readonly effects: readonly Effect[];
}

export interface Now {
  readonly ms: number;
  readonly mailboxRecordsMax: number;
}

/** In one mailbox, however few records: four batches of the largest kind, for each partition that there is. */
const MAILBOX_BYTES_MAX = 16 * 1_048_576;

export function isFull(
  { inHand, bytesInHand }: Reading,
  { mailboxRecordsMax }: Pick<Now, "mailboxRecordsMax">,
) {
  return inHand >= mailboxRecordsMax || bytesInHand >= MAILBOX_BYTES_MAX;
}

export function step(reading: Reading, input: Input, now: Now): Step {
  switch (input.is) {
    case "claimed": {
      const { offset, epoch, lastRecord } = input;
      const claimed = { ...reading, epoch, committed: offset, inHand: 0, bytesInHand: 0 };
      return asking(claimed, { about: "claim", offset, lastRecord });
    }
    case "committed":
      return committed(reading, input, now);
    case "dropped":
      return held(reading, now);
    case "answered":
      return answered(reading, input.question, input.kept, now);
    case "reassigned":
      return reassigned(reading, input.kept, now);
    case "doubted":
      return doubted(reading);
    case "fetched":
      return fetched(reading, input.batch, now);
    case "handed":
      return {
        reading: {
          ...reading,
          inHand: reading.inHand + input.records,
          bytesInHand: reading.bytesInHand + input.bytes,
        },
        effects: [],
      };
    case "draining":
      return then(paused(reading, now), { do: "forget what is passed" });
  }
}

function committed(
  reading: Reading,
  { offset, records, bytes }: Extract<Input, { is: "committed" }>,
  now: Now,
): Step {
  const { inHand, bytesInHand } = reading;
  const next = {
    ...reading,
    committed: offset,
    inHand: inHand - records,
    bytesInHand: bytesInHand - bytes,
  };
  if (next.pausedAt === undefined || isFull(next, now) || !next.place) return { reading: next, effects: [] };
  return resumed(next, now);
}

/**
 * Kafka is asked after the claim: since then the checkpoint stands still, so an end that lies before it belongs to
 * another topic.
 */
function answered(reading: Reading, question: Question, kept: KeptOffsets, now: Now): Step {
  if (question.about === "displaced") return reassigned(reading, kept, now);
  if (question.about === "another topic") {
    return startOver(reading, kept, "the record before is another one: the topic was created anew", now);
  }
  const { offset, lastRecord } = question;
  if (offset > kept.high) {
    return startOver(reading, kept, "it ends before the checkpoint: the topic was created anew", now);
  }
  if (offset < kept.low) return startOver(reading, kept, "Kafka no longer has the next records", now, true);
  const place = placeAt(offset, offset > kept.low ? lastRecord : null);
  return readOn({ ...reading, place, highWatermark: kept.high }, now);
}

/** The mailbox is intact, but Kafka may have moved the consumer's position or the topic may be another: both are checked. */
function reassigned(reading: Reading, kept: KeptOffsets, now: Now): Step {
  const next = { ...reading, highWatermark: kept.high };
  const { place } = next;
  if (!place) return { reading: next, effects: [] };
  if (place.next < kept.low) {
    const cause = `Kafka has forgotten all before ${kept.low}, and ${place.next} is next`;
    return { reading: next, effects: [{ do: "replace the actor", cause }] };
  }
  if (place.next > kept.high) {
    const cause = `its topic now ends at ${kept.high}, before ${place.next}`;
    return { reading: next, effects: [{ do: "replace the actor", cause }] };
  }
  return readOn({ ...next, place: doubt(place) }, now);
}

function fetched(reading: Reading, batch: Extract<Input, { is: "fetched" }>["batch"], now: Now): Step {
  const { place, highWatermark } = reading;
  if (!place) return { reading, effects: [] };
  if (isFull(reading, now)) return paused(reading, now);
  const next = { ...reading, highWatermark: batch.highWatermark };
  // Logs only grow, but for a topic that was created anew. So look again, at the record before.
  if (batch.highWatermark < highWatermark) return readOn({ ...next, place: doubt(place) }, now);
  const taken = take(place, batch);
  switch (taken.is) {
    case "wanted":
      return {
        reading: { ...next, place: taken.place },
        effects: [{ do: "hand over", records: taken.records, upTo: batch.nextOffset }],
      };
    case "displaced":
      return then(paused(next, now), ask({ about: "displaced" }));
    case "another topic":
      return then(held(next, now), ask({ about: "another topic" }));
  }
}

function startOver(reading: Reading, kept: KeptOffsets, reason: string, now: Now, forgotten = false): Step {
  const at = { ...reading, highWatermark: kept.high };
  return then(held(at, now), { do: "start over", kept, reason, forgotten });
}

/** Nothing of the partition goes on until it is claimed again. */
function held(reading: Reading, now: Now): Step {
  const forgotten = { ...reading, place: undefined, inHand: 0, bytesInHand: 0 };
  return then(paused(forgotten, now), { do: "forget what is passed" });
}

function readOn(reading: Reading, now: Now): Step {
  const { place } = reading;
  if (!place) return { reading, effects: [] };
  const seek: Effect = { do: "seek", offset: readFrom(place) };
  const { reading: next, effects } = resumed(reading, now);
  return { reading: next, effects: [seek, ...effects] };
}

function doubted(reading: Reading): Step {
  if (!reading.place) return { reading, effects: [] };
  const place = doubt(reading.place);
  return { reading: { ...reading, place }, effects: [{ do: "seek", offset: readFrom(place) }] };
}

function paused(reading: Reading, { ms }: Now): Step {
  return { reading: { ...reading, pausedAt: reading.pausedAt ?? ms }, effects: [{ do: "pause" }] };
}

/** Where nothing was fetched for long, the topic may be another one by now. */
function resumed(reading: Reading, { ms }: Now): Step {
  const isLate = reading.pausedAt !== undefined && ms - reading.pausedAt > LATE_MS;
  const going = { ...reading, pausedAt: undefined };
  if (!isLate) return { reading: going, effects: [{ do: "resume" }] };
  const { reading: next, effects } = doubted(going);
  return { reading: next, effects: [{ do: "resume" }, ...effects] };
}

function asking(reading: Reading, question: Question): Step {
  return { reading, effects: [ask(question)] };
}

function ask(question: Question): Effect {
  return { do: "ask Kafka", question };
}

function then({ reading, effects }: Step, ...more: Effect[]): Step {
  return { reading, effects: [...effects, ...more] };
}
