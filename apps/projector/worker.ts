// One partition's actor: folds its events into the read models, and into what webhooks are sent of. Must never cause an effect outside its rows.

import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { runActor } from "@millrace/projector/actor";
import { liveHandler } from "@millrace/projector/projection-handler";
import { shop } from "@millrace/shop/shop";
import { webhookHandler } from "@millrace/webhooks/handler";

const config = readAppConfig("projector");
const log = createLog("projector", config.LOG_LEVEL);

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "projector-actor",
  handlers: [
    ...shop.readModels.flatMap((model) => model.sources.map((source) => liveHandler(model, source, log))),
    ...shop.aggregates.map(webhookHandler),
  ],
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});
