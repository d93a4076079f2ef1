// One partition's actor: folds its events into the read models. Must never cause an effect outside its rows.
import { runActor } from "@millrace/partitions/actor";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { ordersProjection } from "@millrace/read-models/orders/projection";
import { paymentsProjection } from "@millrace/read-models/payments/projection";
import { usersProjection } from "@millrace/read-models/users/projection";
import { liveHandler } from "@millrace/replay/handler";

const config = readConfig();
const log = createLog("projector", config.LOG_LEVEL);

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "projector-actor",
  handlers: [ordersProjection, paymentsProjection, usersProjection].map((projection) =>
    liveHandler(projection, log),
  ),
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});
