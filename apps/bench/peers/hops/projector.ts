// Hands each partition's records to the thread that owns it.
import { follow } from "./follow.ts";
import { ready } from "./part.ts";
import type { Row } from "./rows.ts";
import { threadPerPartition } from "./threads.ts";

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
const threadOf = threadPerPartition(new URL("./partition.ts", import.meta.url), [databaseUrl]);

await follow({ broker, topic, name: "projector" }, async ({ partition, records }) => {
  const rows = records.map(({ key, value }): Row => ({ id: key ?? "", document: value ?? "" }));
  threadOf(partition).postMessage(rows);
});

ready();
