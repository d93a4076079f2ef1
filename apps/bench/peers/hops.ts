// `bare` cut where Millrace's apps are: commands, relay, a projector with a thread a partition, and queries, each a
// process of its own that hears of the one before through Postgres or Kafka. So it tells what the parts and the way
// between them take on this machine at least. Still none of the guarantees: what is on its way when a process ends is
// lost.
import { runParts } from "./parts/processes.ts";
import { connect, createTables } from "./parts/rows.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0", readPort = "0"] = process.argv.slice(2);

const sql = connect(databaseUrl, 1);
await createTables(sql);
await sql.end();

// Listeners first: nobody tells again of what was not heard.
await runParts("hops", [
  ["queries", databaseUrl, readPort],
  ["projector", databaseUrl, broker, topic],
  ["relay", databaseUrl, broker, topic],
  ["commands", databaseUrl, port],
]);
