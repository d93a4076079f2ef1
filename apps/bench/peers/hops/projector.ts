// Hands each partition's records to the thread that owns it.
import { follow } from "../parts/follow.ts";
import { ready } from "../parts/part.ts";
import type { Row } from "../parts/rows.ts";

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
const threads = new Map<number, Worker>();

await follow({ broker, topic, name: "projector" }, async ({ partition, records }) => {
  const rows = records.map(({ key, value }): Row => ({ id: key ?? "", document: value ?? "" }));
  threadOf(partition).postMessage(rows);
});

function threadOf(partition: number): Worker {
  const running = threads.get(partition);
  if (running) return running;
  const thread = new Worker(new URL("./partition.ts", import.meta.url), { argv: [databaseUrl] });
  threads.set(partition, thread);
  return thread;
}

ready();
