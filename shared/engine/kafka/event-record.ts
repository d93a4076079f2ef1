// Events on Kafka: the CloudEvents Kafka binding in binary mode, attributes in `ce_` headers. Two headers carry
// the trace: `ce_traceparent`, CloudEvents' extension, says where the event was made and never changes;
// `traceparent` says which hop sent this record, and is what other people's consumers look for.

import { eventId, parseStreamName, type StoredEvent } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { OutgoingRecord } from "./publish.ts";

/** Of every event that Millrace publishes. */
export const SOURCE = "millrace/event-store";

/** One of ours is text throughout. */
export interface EventRecord extends OutgoingRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The record that carries an event: keyed by aggregate id, so that a stream keeps its order. */
export function toRecord(event: StoredEvent): EventRecord {
  const { category, aggregateId } = parseStreamName(event.stream);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    ce_specversion: "1.0",
    ce_id: eventId(event.stream, event.version),
    ce_source: SOURCE,
    ce_type: event.type,
    ce_time: event.at,
    ce_subject: event.stream,
    ce_streamversion: String(event.version),
    ce_schemaversion: String(event.schemaVersion),
    ce_actor: event.metadata.actor,
    ce_correlationid: event.metadata.correlationId,
    ce_causationid: event.metadata.causationId,
  };
  if (event.metadata.traceparent) {
    headers.ce_traceparent = event.metadata.traceparent;
    headers.traceparent = event.metadata.traceparent;
  }
  return { topic: topicOf(category), key: aggregateId, value: event.data, headers };
}

/**
 * False for what nobody of ours wrote: other people's CloudEvents, tombstones, a reply to a command, any bytes at all. A
 * record that bears our marks is ours, readable or not. Records without a source are from before it was written.
 */
export function isOurs({ ce_source, ce_subject, ce_streamversion }: Headers): boolean {
  if (ce_source !== undefined) return ce_source === SOURCE;
  return ce_subject !== undefined && ce_streamversion !== undefined;
}

/**
 * What of an event is later than this code, as far as its headers say: its schema version, or its very name. Anybody
 * can make up a name; undefined where this code should be able to read it.
 */
export function newerThanCode({ ce_type = "", ce_schemaversion }: Headers, schemaVersionOf: SchemaVersionOf) {
  const known = schemaVersionOf(ce_type);
  if (known === undefined) return "name";
  return Number(ce_schemaversion) > known ? "version" : undefined;
}

type Headers = Readonly<Record<string, string>>;

/** The latest schema version of an event that this code reads; undefined where it knows no such event. */
export type SchemaVersionOf = (type: string) => number | undefined;

/** Not worth retrying: the record is not an event of ours. */
export class UnreadableRecord extends Error {
  readonly code = "record_unreadable";
  readonly retryable = false;
  constructor(message: string) {
    super(message);
    this.name = "UnreadableRecord";
  }
}

/** The event that a record carries. @throws UnreadableRecord where a header or the value is missing or wrong. */
export function fromRecord(record: {
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}): StoredEvent {
  const { headers } = record;
  if (record.value === null) throw new UnreadableRecord("The record has no value");
  const stream = required(headers, "ce_subject");
  const metadata = {
    actor: headers.ce_actor ?? "unknown",
    correlationId: required(headers, "ce_correlationid"),
    causationId: required(headers, "ce_causationid"),
  };
  const traceparent = readTraceparent(headers.ce_traceparent);
  return {
    stream,
    version: positive(headers, "ce_streamversion"),
    type: required(headers, "ce_type"),
    schemaVersion: positive(headers, "ce_schemaversion"),
    at: required(headers, "ce_time"),
    metadata: traceparent === undefined ? metadata : { ...metadata, traceparent },
    data: record.value,
  };
}

/** What a record says of where it comes from, for logs and traces: none of it has to be there, or right. */
export interface Origin {
  readonly event: string | undefined;
  readonly correlationId: string | undefined;
  /** The hop that sent it, else where the event was made. */
  readonly traceparent: string | undefined;
}

export function originOf(headers: Readonly<Record<string, string>>): Origin {
  return {
    event: headers.ce_id,
    correlationId: headers.ce_correlationid,
    traceparent: readTraceparent(headers.traceparent) ?? readTraceparent(headers.ce_traceparent),
  };
}

function required(headers: Readonly<Record<string, string>>, name: string): string {
  const value = headers[name];
  if (!value) throw new UnreadableRecord(`The record has no ${name} header`);
  return value;
}

function positive(headers: Readonly<Record<string, string>>, name: string): number {
  const value = Number(required(headers, name));
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UnreadableRecord(`${name} is not a whole number from 1`);
  return value;
}
