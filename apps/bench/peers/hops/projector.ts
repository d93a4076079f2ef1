// Hands each partition's records to the thread that owns it.
import { follow } from "../parts/follow.ts";
import { ready } from "../parts/part.ts";
import type { Row } from "../parts/rows.ts";
import { threadPerPartition } from "../parts/threads.ts";

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
const threadOf = threadPerPartition(new URL("./partition.ts", import.meta.url), [databaseUrl]);

await follow({ broker, topic, name: "projector" }, async ({ partition, records }) => {
  const rows = records.map(({ key, value }): Row => ({ id: key ?? "", document: value ?? "" }));
  threadOf(partition).postMessage(rows);
});

ready();
