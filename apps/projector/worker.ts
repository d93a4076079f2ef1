// One partition's actor: folds its events into the read models. Must never cause an effect outside its rows.
import { runActor } from "@millrace/partitions/actor";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { liveHandler } from "@millrace/replay/handler";
import { PROJECTIONS } from "./projections.ts";

const config = readConfig();
const log = createLog("projector", config.LOG_LEVEL);

runActor({
  databaseUrl: config.DATABASE_URL,
  name: "projector-actor",
  handlers: PROJECTIONS.map((projection) => liveHandler(projection, log)),
  batchMax: config.MILLRACE_PROJECTION_BATCH_MAX,
  attemptsMax: config.MILLRACE_RECORD_ATTEMPTS_MAX,
});
