// Waiting until a copy has taken in what the live model has, and what Kafka had when the wait began.
import { settledOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Follower } from "./follow.ts";
import { placeKey } from "./place.ts";
import type { Progress } from "./rebuild.ts";

const LOOK_EVERY_MS = 50;

export async function untilLevel(
  options: {
    readonly sql: Sql;
    readonly kafka: KafkaClient;
    readonly model: ReadModel;
    onProgress(progress: Progress): void;
  },
  follower: Follower,
): Promise<void> {
  const highs = new Map<string, number>();
  for (const { topic } of options.model.sources) {
    for (const { partition, high } of await settledOffsets(options.kafka, topic)) {
      highs.set(placeKey({ topic, partition }), high);
    }
  }
  let total = 0;
  for (;;) {
    follower.check();
    const positions = follower.positions();
    let behind = 0;
    for (const [at, high] of highs) behind += Math.max(0, high - (positions.get(at) ?? 0));
    total = Math.max(total, behind);
    options.onProgress({ phase: "following", done: total - behind, total, unit: "records behind" });
    if (behind === 0) return;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
