// A projection as the handler of a partition's records: for the live rows in the projector, for a copy in a rebuild.
import { fromRecord } from "@millrace/kafka/event-record";
import type { RecordHandler } from "@millrace/partitions/handler";
import type { Log } from "@millrace/platform/log";
import type { Projection } from "@millrace/read-models/read-model";
import { applyWithoutGaps } from "./without-gaps.ts";

/** `name` is what its checkpoints and parked records stand under. */
export function projectionHandler(
  projection: Projection,
  { name, log }: { name: string; log: Log },
): RecordHandler {
  return {
    projection: name,
    topic: projection.topic,
    async apply(tx, records) {
      const events = records.map((record) => ({
        event: fromRecord(record),
        partition: record.partition,
        offset: record.offset,
      }));
      await applyWithoutGaps(tx, projection, {
        events,
        onGap: (gap) =>
          log.warn({ projection: name, gap: gap.message }, "Kafka has a gap, closing it from the store"),
      });
    },
  };
}
