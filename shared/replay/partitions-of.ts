import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { partitionOf } from "@millrace/kafka/partition-of";
import { type Model, topicOfModel } from "./models.ts";

/** Which partition of its topic, as that stands now, carries a key's events. */
export async function partitionsOf(kafka: KafkaClient, model: Model): Promise<(key: string) => number> {
  const partitions = (await topicOffsets(kafka, topicOfModel(model))).length;
  return (key) => partitionOf(key, partitions);
}
