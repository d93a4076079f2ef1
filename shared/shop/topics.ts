// What this shop is called on Kafka. Names are storage format.
import type { Sizing } from "@millrace/kafka/admin";
import type { KafkaNames } from "@millrace/kafka/names";
import type { Config } from "@millrace/platform/config";
import { CODECS } from "./codecs.ts";

export const PAYMENTS_GROUP = "payments";

export const KAFKA_NAMES: KafkaNames = {
  categories: Object.keys(CODECS),
  // Carries the commands of every aggregate; it has its name from its first kind.
  commandsTopic: "orders-commands",
  processGroups: [PAYMENTS_GROUP],
};

/** Orders are most of what a shop has. */
export function topicSizing(config: SizingConfig): Sizing {
  return {
    partitionsOf: (topic) =>
      topic === "order-events" ? config.MILLRACE_ORDER_PARTITIONS : config.MILLRACE_TOPIC_PARTITIONS,
    replication: config.MILLRACE_REPLICATION,
  };
}

type SizingConfig = Pick<
  Config,
  "MILLRACE_ORDER_PARTITIONS" | "MILLRACE_TOPIC_PARTITIONS" | "MILLRACE_REPLICATION"
>;
