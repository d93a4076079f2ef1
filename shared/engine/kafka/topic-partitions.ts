// Whether a topic exists that someone else creates, asked before a write to it.
import type { Admin } from "kafkajs";
import type { KafkaClient } from "./client.ts";
import { isKafkaError } from "./failure.ts";
import { explained } from "./missing-right.ts";

export interface TopicPartitions {
  /** How many partitions the topic has; undefined where there is no such topic. @throws what else Kafka says of it */
  count(topic: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Asks the brokers each time, over a connection of its own: who waits for a slow topic's leader waits elsewhere. */
export function createTopicPartitions(kafka: KafkaClient): TopicPartitions {
  let admin: Promise<Admin> | undefined;
  const drop = async () => {
    const dropped = admin;
    admin = undefined;
    await dropped?.then((connected) => connected.disconnect()).catch(() => {});
  };
  return {
    async count(topic) {
      admin ??= connected(kafka);
      try {
        const { topics } = await (await admin).fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.length;
      } catch (error) {
        if (isKafkaError(error, ["UNKNOWN_TOPIC_OR_PARTITION"])) return undefined;
        await drop();
        throw explained(error, kafka, `write to topic ${topic}`);
      }
    },
    stop: drop,
  };
}

async function connected(kafka: KafkaClient): Promise<Admin> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  await admin.connect();
  return admin;
}
