// A projection as the handler of a partition's records: for the live rows in the projector, for a copy in a rebuild.

import { fromRecord, isOurs } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Tx } from "@millrace/platform/postgres";
import {
  EventGap,
  type ProjectedEvent,
  type Projection,
  type SourceStreams,
} from "@millrace/read-models/read-model";
import { notifyAllMayHaveChanged } from "@millrace/read-models/row-changes";
import { requestForgotten } from "@millrace/store/relay-marks";
import type { RecordHandler } from "./handler.ts";
import { applyWithoutGaps } from "./without-gaps.ts";

/** Shortest time, in ms, between two lines about notifications that failed: each batch may have one. */
const WARN_EVERY_MS = 10_000;

/**
 * The handler of a projection's live rows, whose readers are notified of each change; a copy has no readers. The relay
 * sends once more what Kafka has forgotten.
 */
export function liveHandler(projection: Projection, source: SourceStreams, log: Log): RecordHandler {
  let warnedAt = Number.NEGATIVE_INFINITY;
  // A hint is never worth the rows that it is about: where its queue is full, they are committed all the same.
  const onNotifyFailed = (error: unknown) => {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    const cause = describe(error);
    log.warn(
      { projection: projection.name, cause },
      "readers are not notified of changed rows, and wait longer",
    );
  };
  const notify = (db: Tx) => notifyAllMayHaveChanged(db, projection.name).catch(onNotifyFailed);
  return {
    ...projectionHandler(projection, { name: projection.name, source, log }),
    gathers: projection.gathers ?? false,
    async applyAlone(db, records, fence) {
      try {
        return await projection.applyAlone(db, records.map(toProjected), { fence, onNotifyFailed });
      } catch (error) {
        if (error instanceof EventGap) return "unsuited";
        throw error;
      }
    },
    onClaimed: notify,
    onCommitted: notify,
    onForgotten: (tx) => requestForgotten(tx, source.topic),
  };
}

/** `name` is what its checkpoints and parked records stand under. */
export function projectionHandler(
  projection: Projection,
  { name, source, log }: { name: string; source: SourceStreams; log: Log },
): RecordHandler {
  return {
    projection: name,
    topic: source.topic,
    schemaVersionOf: source.schemaVersionOf,
    isForeign: ({ headers }) => !isOurs(headers),
    async apply(tx, records) {
      await applyWithoutGaps(tx, projection, {
        events: records.map(toProjected),
        onGap: (gap) =>
          log.warn({ projection: name, gap: gap.message }, "Kafka has a gap, closing it from the store"),
      });
    },
  };
}

function toProjected(record: ReceivedRecord): ProjectedEvent {
  return { event: fromRecord(record), partition: record.partition, offset: record.offset };
}
