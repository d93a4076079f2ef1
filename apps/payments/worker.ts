// One partition of order-events: the thread that the supervisor starts for it.

import { readConfig } from "@millrace/platform/config";
import { runActor } from "@millrace/projector/actor";
import { paymentTaskHandler } from "@millrace/shop/payment/process/task-handler";

const config = readConfig();

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "payments-actor",
  handlers: [paymentTaskHandler],
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});
