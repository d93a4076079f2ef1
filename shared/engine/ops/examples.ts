// Names for the examples in help texts, made of the shop's first aggregates.
import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import type { KafkaNames } from "@millrace/kafka/names";

export interface Examples {
  /** An id; no shop has to have it. */
  readonly id: string;
  readonly streams: readonly string[];
  /** The topic that holds the first of the streams. */
  readonly topic: string;
}

export function examplesOf({ kafkaNames }: { readonly kafkaNames: KafkaNames }): Examples {
  const id = "A-1";
  const { categories } = kafkaNames;
  return {
    id,
    streams: categories.map((category) => streamName(category, id)),
    topic: topicOf(categories[0] ?? ""),
  };
}
