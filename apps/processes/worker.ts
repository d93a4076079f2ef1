// One partition of a topic that wakes processes: the thread that the supervisor starts for it.

import { readAppConfig } from "@millrace/platform/config";
import { runActor } from "@millrace/projector/actor";
import { shop } from "@millrace/shop/shop";

const config = readAppConfig("processes");

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "processes-actor",
  handlers: shop.processes.flatMap(({ handlers }) => handlers),
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});
