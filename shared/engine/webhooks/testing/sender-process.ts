// A sender in a process of its own, for tests that kill it: database, key and the lease in ms, as words.
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import { createSealer } from "../seal.ts";
import { startSender } from "../sender.ts";

const [url = "", key = "", leaseMs] = process.argv.slice(2);
const sealer = createSealer([key]);
if (!sealer) throw new Error("A sender needs a key");
startSender({
  sql: connectPostgres({ url, name: "webhooks-test-process", connectionsMax: 4 }).sql,
  log: createLog("webhooks-test-process", "silent"),
  sealer,
  internal: ["localhost"],
  resolve: async () => ["127.0.0.1"],
  leaseMs: Number(leaseMs),
  pollMs: 100,
});
