// For tests: events in the store's form, and as they reach a read model.
import type { Codec } from "@millrace/events/codec";
import type { StoredEvent } from "@millrace/events/envelope";
import type { ProjectedEvent } from "@millrace/read-models/read-model";

/** A stream's events as the store holds them, a second apart from 2026 on. */
export function storedAs<Event extends { type: string; data: unknown }>(
  codec: Codec<Event>,
  stream: string,
  events: readonly Event[],
): StoredEvent[] {
  return events.map((event, index) => {
    const { type, schemaVersion, data } = codec.encode(event);
    return {
      ...{ stream, version: index + 1, type, schemaVersion, data: JSON.stringify(data) },
      at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
      metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
    };
  });
}

/** Events as records of one partition, from its beginning. */
export function inPartition(partition: number, events: readonly StoredEvent[]): ProjectedEvent[] {
  return events.map((event, offset) => ({ event, partition, offset }));
}
