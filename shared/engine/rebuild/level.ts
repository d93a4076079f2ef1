// Waiting until a copy has taken in what the live model has, and what Kafka had when the wait began.
import { settledOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import type { Sql } from "@millrace/platform/postgres";
import { type Model, topicOfModel } from "@millrace/shop/models";
import type { Follower } from "./follow.ts";
import type { Progress } from "./rebuild.ts";

const LOOK_EVERY_MS = 50;

export async function untilLevel(
  options: {
    readonly sql: Sql;
    readonly kafka: KafkaClient;
    readonly model: Model;
    onProgress(progress: Progress): void;
  },
  follower: Follower,
): Promise<void> {
  const highs = await settledOffsets(options.kafka, topicOfModel(options.model));
  let total = 0;
  for (;;) {
    follower.check();
    const positions = follower.positions();
    const behind = highs.reduce(
      (sum, { partition, high }) => sum + Math.max(0, high - (positions.get(partition) ?? 0)),
      0,
    );
    total = Math.max(total, behind);
    options.onProgress({ phase: "following", done: total - behind, total, unit: "records behind" });
    if (behind === 0) return;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
