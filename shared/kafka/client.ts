// The one place that knows kafkajs' client. Everything else speaks of records, publishers and consumers.

import { Kafka, logLevel } from "kafkajs";
import type { Log } from "@millrace/platform/log";

/** What admin, publishers and consumers are made from. */
export type KafkaClient = Kafka;

export interface KafkaOptions {
  readonly brokers: readonly string[];
  /** Shown in the broker's logs. */
  readonly clientId: string;
  readonly log: Log;
}

const LEVELS: Record<number, "error" | "warn" | "info" | "debug"> = {
  [logLevel.ERROR]: "error",
  [logLevel.WARN]: "warn",
  [logLevel.INFO]: "debug",
  [logLevel.DEBUG]: "debug",
};

/** A client that logs through ours and gives up on a single request quickly: supervisors own the long retry. */
export function createKafka(options: KafkaOptions): KafkaClient {
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => {
      const { message, timestamp: _, logger: __, ...details } = entry.log;
      options.log[LEVELS[entry.level] ?? "debug"]({ kafka: details }, message);
    },
  });
}
