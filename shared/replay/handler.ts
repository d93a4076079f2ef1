// A projection as the handler of a partition's records: for the live rows in the projector, for a copy in a rebuild.

import { requestForgotten } from "@millrace/event-store/relay-marks";
import { fromRecord, isOurs } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { RecordHandler } from "@millrace/partitions/handler";
import type { Log } from "@millrace/platform/log";
import { EventGap, type ProjectedEvent, type Projection } from "@millrace/read-models/read-model";
import { tellAllMayHaveChanged } from "@millrace/read-models/row-changes";
import { applyWithoutGaps } from "./without-gaps.ts";

/**
 * As the projector has it for its live rows, which it tells of as they are: nobody may hear of a copy's. What Kafka has
 * forgotten is sent once more by the relay.
 */
export function liveHandler(projection: Projection, log: Log): RecordHandler {
  return {
    ...projectionHandler(projection, { name: projection.name, log }),
    async applyAlone(db, records, fence) {
      try {
        return await projection.applyAlone(db, records.map(toProjected), fence);
      } catch (error) {
        if (error instanceof EventGap) return "unsuited";
        throw error;
      }
    },
    onClaimed: (db, { partition, offset }) =>
      tellAllMayHaveChanged(db, { projection: projection.name, partition, offset: offset - 1 }),
    onForgotten: (tx) => requestForgotten(tx, projection.topic),
  };
}

/** `name` is what its checkpoints and parked records stand under. */
export function projectionHandler(
  projection: Projection,
  { name, log }: { name: string; log: Log },
): RecordHandler {
  return {
    projection: name,
    topic: projection.topic,
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
