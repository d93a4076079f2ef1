// What crosses process borders. Must never know how a message travels or where it is stored.

/** Who caused an event, and why. Kept beside every event and sent along with it. */
export interface EventMetadata {
  /** Who asked: `clerk:ann`, or a process of ours, by its name. Where there is no `authn`, what they called themselves. */
  readonly actor: string;
  /** What proved it: a key, a token, a gateway, a topic of Kafka's. Absent where nobody was asked, or a process of ours acts. */
  readonly authn?: string;
  /** For whom `actor` says to have acted. */
  readonly onBehalfOf?: string;
  /** Shared by everything that one outside request led to. */
  readonly correlationId: string;
  /** The command or event that led straight to this one. */
  readonly causationId: string;
  /** W3C trace context of the request, where it had one. */
  readonly traceparent?: string;
}

/** An event that has been decided but not stored. */
export interface NewEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
}

/** An event as it stands in the store and on its topic. `data` is still what its schema version says. */
export interface StoredEvent {
  /** `<category>-<id>`. */
  readonly stream: string;
  /** Place in the stream, from 1. */
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly metadata: EventMetadata;
  /** JSON text, exactly as stored. */
  readonly data: string;
}

/** A stored event whose data has been read and upcast to the domain's present form. */
export type RecordedEvent<Event extends { type: string; data: unknown }> = Event & {
  readonly aggregateId: string;
  readonly version: number;
  readonly at: string;
  readonly metadata: EventMetadata;
};

export function streamName(category: string, aggregateId: string): string {
  return `${category}-${aggregateId}`;
}

/** "thing-42" is { category: "thing", aggregateId: "42" }; ids may hold hyphens, categories never do. */
export function parseStreamName(stream: string): { category: string; aggregateId: string } {
  const hyphen = stream.indexOf("-");
  if (hyphen < 1) throw new Error(`"${stream}" is not a stream name: expected <category>-<id>`);
  return { category: stream.slice(0, hyphen), aggregateId: stream.slice(hyphen + 1) };
}

/** An event's own id: unique, and the same however often the event is sent. */
export function eventId(stream: string, version: number): string {
  return `${stream}@${version}`;
}
