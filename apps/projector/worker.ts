// One partition's actor: folds its events into the read models. Must never cause an effect outside its rows.
import { fromRecord } from "@millrace/kafka/event-record";
import { runActor } from "@millrace/partitions/actor";
import type { RecordHandler } from "@millrace/partitions/handler";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { ordersProjection } from "@millrace/read-models/orders/projection";
import { paymentsProjection } from "@millrace/read-models/payments/projection";
import type { Projection } from "@millrace/read-models/read-model";
import { usersProjection } from "@millrace/read-models/users/projection";
import { applyWithoutGaps } from "./catch-up.ts";

const config = readConfig();
const log = createLog("projector", config.LOG_LEVEL);

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "projector-actor",
  handlers: [ordersProjection, paymentsProjection, usersProjection].map(handlerOf),
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});

function handlerOf(projection: Projection): RecordHandler {
  return {
    projection: projection.name,
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
          log.warn(
            { projection: projection.name, gap: gap.message },
            "Kafka has a gap, closing it from the store",
          ),
      });
    },
  };
}
