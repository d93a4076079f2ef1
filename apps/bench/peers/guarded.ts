// `hops` with what Millrace's guarantees keep: events by stream and version with an outbox beside them, a relay that
// forgets an entry only once Kafka has it, rows that are folded from events behind a checkpoint with their indexes and
// counters, and another group that follows the same topic. Millrace's own tables, statements and folds, and around them
// the least that makes them run: no decision, no checks of a request, no retries, no takeover, nothing measured or
// logged. Processes and rests are Millrace's as well. So it tells what the guarantees themselves take on this machine.
import { migrate } from "@millrace/platform/migrate";
import { runParts } from "./parts/processes.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0", readPort = "0"] = process.argv.slice(2);

await migrate(databaseUrl);
await runParts("guarded", [
  ["queries", databaseUrl, readPort],
  ["followers", databaseUrl, broker, topic],
  ["writers", databaseUrl, broker, topic, port],
]);
