// kafkajs' admin client, connected for one piece of work and no longer.
import type { AdminConfig } from "kafkajs";
import type { KafkaClient } from "./client.ts";

export type Admin = ReturnType<KafkaClient["admin"]>;

/** @throws what `work` throws, and what Kafka says of the connection */
export async function withAdmin<Result>(
  kafka: KafkaClient,
  work: (admin: Admin) => Promise<Result>,
  config?: AdminConfig,
): Promise<Result> {
  const admin = kafka.admin(config);
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
