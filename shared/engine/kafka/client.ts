// The one place that knows kafkajs' client. Everything else speaks of records, publishers and consumers.

import { Kafka, logLevel } from "kafkajs";
import type { Config } from "@millrace/platform/config";
import type { Log } from "@millrace/platform/log";
import { registerCodecs } from "./codecs.ts";
import type { SignedIn } from "./missing-right.ts";
import type { KafkaNames, Named } from "./names.ts";
import { type KafkaSecurity, kafkaSecurity, principalOf } from "./security.ts";

/** What admin, publishers and consumers are made from. */
export type KafkaClient = Kafka & Named & SignedIn;

export interface KafkaOptions {
  readonly brokers: readonly string[];
  /** See names.ts; none where it is left out. */
  readonly prefix?: string;
  /** What of Kafka's topics and groups is ours. */
  readonly names: KafkaNames;
  /** Shown in the broker's logs. */
  readonly clientId: string;
  readonly log: Log;
  /** Left out, it is neither encrypted nor authenticated. */
  readonly security?: KafkaSecurity;
}

/** Log lines of kafkajs about single tries: the caller gets the failure, and logs it if all tries failed. */
const OF_SINGLE_TRIES =
  /^Response |^Limiting retries|^Connection (error|timeout)|^Failed to connect to seed broker/;

registerCodecs();

/** A program's own: where its settings say, and as whom. @throws on a file of theirs that can't be read */
export function kafkaOf(
  config: Config,
  options: Pick<KafkaOptions, "names" | "clientId" | "log">,
): KafkaClient {
  return createKafka({
    ...options,
    brokers: config.KAFKA_BROKERS,
    security: kafkaSecurity(config),
    prefix: config.MILLRACE_KAFKA_PREFIX,
  });
}

/** A client that logs through ours and gives up on a single request quickly: supervisors own the long retry. */
export function createKafka(options: KafkaOptions): KafkaClient {
  const kafka = new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    ...options.security,
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    // Tries of tries, since kafkajs retries the request and the metadata that it needs each time: four of four.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => {
      const { message, timestamp: _, logger: __, ...details } = entry.log;
      const level = entry.level <= logLevel.WARN && !OF_SINGLE_TRIES.test(message) ? "warn" : "debug";
      options.log[level]({ kafka: details }, message);
    },
  });
  const principal = principalOf(options.security);
  return Object.assign(kafka, { prefix: options.prefix ?? "", names: options.names, principal });
}
