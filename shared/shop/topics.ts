// How the shop's topics are sized.
import type { Sizing } from "@millrace/kafka/admin";
import type { Config } from "@millrace/platform/config";

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
