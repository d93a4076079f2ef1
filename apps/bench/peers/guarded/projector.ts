// Hands each partition's records to the thread that owns it.
import { packRecords } from "@millrace/kafka/received-record";
import { follow } from "../parts/follow.ts";
import { threadPerPartition } from "../parts/threads.ts";
import type { Records } from "./partition.ts";

/** Resolves once it is told of whatever is published from then on. */
export async function project(databaseUrl: string, broker: string, topic: string): Promise<void> {
  const threadOf = threadPerPartition(new URL("./partition.ts", import.meta.url), [databaseUrl, topic]);
  await follow({ broker, topic, name: "projector" }, async ({ partition, records }) => {
    const packed = packRecords(records);
    threadOf(partition).postMessage({ partition, packed } satisfies Records, [packed]);
  });
}
