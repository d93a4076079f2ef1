// The parts that Millrace is made of, with none of its guarantees: commands, relay, a projector with a thread a partition,
// and queries, each a process of its own that the one before notifies through Postgres or Kafka. Its figures are the least
// that these parts and the way between them take on this machine. What is on its way when a process ends is lost.
import { runParts } from "./hops/processes.ts";
import { connect, createTables } from "./hops/rows.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0", readPort = "0"] = process.argv.slice(2);

const sql = connect(databaseUrl, 1);
await createTables(sql);
await sql.end();

// Listeners first: nobody tells again of what was not heard.
await runParts([
  ["queries", databaseUrl, readPort],
  ["projector", databaseUrl, broker, topic],
  ["relay", databaseUrl, broker, topic],
  ["commands", databaseUrl, port],
]);
