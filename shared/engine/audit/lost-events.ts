// Events that Kafka holds and the store has lost, as after a restore to an earlier time, or a failover to a standby that
// was behind. Read on, they would become rows of what never was; and the store gives their versions to other events.
// shared/decisions/a-store-behind-its-kafka.md says why nobody goes on then.
import { eventId, type StoredEvent } from "@millrace/events/envelope";
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { fromRecord, SOURCE } from "@millrace/kafka/event-record";
import { isKafkaError } from "@millrace/kafka/failure";
import type { Permit } from "@millrace/kafka/installation";
import { eventTopics } from "@millrace/kafka/names";
import { readTopic } from "@millrace/kafka/read-topic";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { readMarks } from "@millrace/store/relay-marks";

export interface LostEventsOptions {
  readonly sql: Sql;
  readonly kafka: KafkaClient;
  readonly log: Log;
}

export interface LostEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** As its record says. */
  readonly id: string;
  readonly type: string;
  readonly at: string;
}

/** Records at a partition's end that are looked for in the store: what is lost is what was written last. */
const RECORDS_MAX = 100;
/** Longest time, in ms, in which a topic's last records have to come. */
const READ_WITHIN_MS = 10_000;
const NAMED_MAX = 3;

/**
 * Of the last records of each event topic, those whose event the store does not have. Nothing is read of a partition
 * that ends where the relay's mark says, as nearly all do.
 */
export async function lostEvents(options: LostEventsOptions): Promise<LostEvent[]> {
  const { marks } = await readMarks(options.sql);
  const next = new Map(marks.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset + 1]));
  const lost = await Promise.all(
    eventTopics(options.kafka.names).map(async (topic) => {
      const nextOf = (partition: number) => next.get(`${topic}/${partition}`) ?? 0;
      const records = await lastRecords(options, topic, nextOf);
      const missing = await notInStore(options.sql, records.flatMap(eventOf));
      return missing.map(({ place, event: { stream, version, type, at } }) => ({
        ...{ topic, ...place, id: eventId(stream, version), type, at },
      }));
    }),
  );
  return lost.flat();
}

/** As `installation`, and only where the store has what Kafka holds. Asks until that is so, and then no more. */
export function storePermit(installation: Permit, options: LostEventsOptions): Permit {
  let isKnown = false;
  return async () => {
    await installation();
    if (isKnown) return;
    const lost = await lostEvents(options);
    if (lost.length > 0) throw refusal(lost);
    isKnown = true;
  };
}

/** Those past the relay's last record. None of a topic that is not there. */
async function lastRecords(
  { kafka, log }: LostEventsOptions,
  topic: string,
  nextOf: (partition: number) => number,
): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const from = (at: { partition: number; low: number; high: number }) =>
    Math.max(nextOf(at.partition), at.high - RECORDS_MAX, at.low);
  try {
    const offsets = await topicOffsets(kafka, topic);
    const partitions = offsets.filter((at) => from(at) < at.high).map(({ partition }) => partition);
    if (partitions.length === 0) return [];
    const signal = AbortSignal.timeout(READ_WITHIN_MS);
    const onRecord = (record: ReceivedRecord) => records.push(record) > 0;
    await readTopic(kafka, { topic, partitions, from, follow: false, log, signal, onRecord });
    if (!signal.aborted) return records;
  } catch (error) {
    if (isKafkaError(error, ["UNKNOWN_TOPIC_OR_PARTITION"])) return [];
    throw error;
  }
  const message = `Kafka did not give the last records of topic ${topic} within ${READ_WITHIN_MS / 1_000} s, so it is not known whether the event store has them, and nothing goes on. Kafka may have just started, or have too much to do: this is tried again by itself`;
  throw new Failure("kafka_unavailable", message, true);
}

interface Found {
  readonly place: { readonly partition: number; readonly offset: number };
  readonly event: StoredEvent;
}

/** Nothing of what a relay has not written: anybody may write something that can't be read. */
function eventOf(record: ReceivedRecord): Found[] {
  if (record.headers.ce_source !== SOURCE) return [];
  try {
    const { partition, offset } = record;
    return [{ place: { partition, offset }, event: fromRecord(record) }];
  } catch {
    return [];
  }
}

/** A version of a stream may hold another event by now. */
async function notInStore(sql: Sql, found: readonly Found[]): Promise<Found[]> {
  if (found.length === 0) return [];
  const asked = found.map(({ event: { stream, version, metadata } }, index) => ({
    ...{ index, stream, version, correlation: metadata.correlationId },
  }));
  const there = await sql<{ index: number }[]>`
    select index from json_to_recordset(${JSON.stringify(asked)}::text::json)
      as given(index integer, stream text, version integer, correlation text)
    join events using (stream, version)
    where events.metadata->>'correlationId' = given.correlation`;
  const indexes = new Set(there.map(({ index }) => index));
  return found.filter((_, index) => !indexes.has(index));
}

function refusal(lost: readonly LostEvent[]): Failure {
  const named = lost
    .slice(0, NAMED_MAX)
    .map(
      ({ topic, partition, offset, id, type, at }) =>
        `${type} ${id} of ${at} at ${topic}/${partition}@${offset}`,
    );
  const more = lost.length > NAMED_MAX ? ` and at least ${lost.length - NAMED_MAX} more` : "";
  const message = `Kafka holds events that the event store does not have: ${named.join(", ")}${more}. Postgres is at an earlier time than Kafka, as after a restore or a failover, and nothing is published or read before they agree. Look at what is lost with "bun run ops topics tail", then have the topics filled from the store: bun run ops topics refill`;
  return new Failure("store_behind_kafka", message, true);
}
