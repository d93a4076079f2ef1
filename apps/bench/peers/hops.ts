// `bare` cut where Millrace's apps are: commands, relay, a projector with a thread a partition, and queries, each a
// process of its own that hears of the one before through Postgres or Kafka. So it tells what the parts and the way
// between them take on this machine at least. Still none of the guarantees: what is on its way when a process ends is
// lost.
import { fileURLToPath } from "node:url";
import { connect, createTables } from "./parts/rows.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0", readPort = "0"] = process.argv.slice(2);

const sql = connect(databaseUrl, 1);
await createTables(sql);
await sql.end();

// Listeners first: nobody tells again of what was not heard.
const children = [
  await start("queries", databaseUrl, readPort),
  await start("projector", databaseUrl, broker, topic),
  await start("relay", databaseUrl, broker, topic),
  await start("commands", databaseUrl, port),
];
process.once("SIGTERM", async () => {
  for (const child of children) child.kill();
  await Promise.all(children.map(({ exited }) => exited));
  process.exit(0);
});
console.log("ready");

/** Resolves once it says that it is ready. It ends with us, however we end. @throws Error where it ends before. */
async function start(name: string, ...words: string[]) {
  const file = fileURLToPath(new URL(`./hops/${name}.ts`, import.meta.url));
  const ready = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, file, ...words], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: () => ready.resolve(),
    onExit: () => ready.reject(new Error(`${name} ended`)),
  });
  await ready.promise;
  return child;
}
