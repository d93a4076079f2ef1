// Whose the topics and groups of this Kafka are. Two installations under the same names would each take half of the
// other's records and never know: so the first one to come says in a topic that it is here, and any other refuses to
// start. shared/decisions/one-installation-a-kafka.md says why it is done so.

import { InvalidConfig } from "@millrace/platform/config";
import { Failure } from "@millrace/platform/failure";
import { installationId } from "@millrace/platform/installation";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { createTopic } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { isKafkaError } from "./failure.ts";
import { INSTALLATION_TOPIC, topicInKafka } from "./names.ts";
import { createPublisher } from "./publish.ts";
import { readTopic } from "./read-topic.ts";

export interface InstallationOptions {
  /** Of the database that the installation is known by. */
  readonly sql: Sql;
  readonly kafka: KafkaClient;
  /** For people. */
  readonly brokers: readonly string[];
  readonly log: Log;
}

/** Longest time, in ms, that reading a handful of records may take before Kafka counts as away. */
const READ_WITHIN_MS = 10_000;

/** Resolves where Kafka's names are this installation's. Asks until it knows, and then no more. */
export type Permit = () => Promise<void>;

/** A permit that ends the process where the names are another installation's. */
export function installationPermit(options: InstallationOptions): Permit {
  let asking: Promise<void> | undefined;
  return () => {
    asking ??= requireInstallation(options).catch((error) => {
      asking = undefined;
      if (error instanceof InvalidConfig) {
        // Nobody who waits for a permit can do anything about it.
        queueMicrotask(() => {
          throw error;
        });
      }
      throw error;
    });
    return asking;
  };
}

/**
 * Resolves where Kafka's names are this installation's, or nobody's yet: then it takes them.
 * @throws InvalidConfig where they are another's; what Kafka or Postgres says while they are away.
 */
export async function requireInstallation(options: InstallationOptions): Promise<void> {
  const { sql, kafka, log } = options;
  const ours = await installationId(sql);
  let holder = await readHolder(kafka, log);
  if (holder === undefined) {
    await say(kafka, { installation: ours, how: "claim" });
    // Another one may have come at the same moment: the first record counts.
    holder = await readHolder(kafka, log);
    log.info(
      { installation: holder },
      "Kafka's topics and groups under these names are this installation's now",
    );
  }
  if (holder !== ours) throw refusal(options, { ours, holder });
}

/** Takes the names over from whichever installation has them. */
export async function takeInstallation({ sql, kafka }: InstallationOptions): Promise<void> {
  await say(kafka, { installation: await installationId(sql), how: "take" });
}

/** Undefined where nobody has claimed the names. @throws Failure `kafka_unavailable` */
export async function readHolder(kafka: KafkaClient, log: Log): Promise<string | undefined> {
  const said: Said[] = [];
  const signal = AbortSignal.timeout(READ_WITHIN_MS);
  try {
    await readTopic(kafka, {
      topic: INSTALLATION_TOPIC,
      from: () => undefined,
      follow: false,
      log,
      signal,
      onRecord({ value }) {
        said.push(...parsed(value));
        return true;
      },
    });
  } catch (error) {
    if (isKafkaError(error, ["UNKNOWN_TOPIC_OR_PARTITION"])) return undefined;
    throw error;
  }
  if (signal.aborted) {
    const topic = topicInKafka(kafka, INSTALLATION_TOPIC);
    const message = `Kafka did not give topic ${topic} to its end within ${READ_WITHIN_MS / 1_000} s, so it is not known whether its topics and groups are this installation's, and none was touched. Kafka may have just started, or have too much to do: try again, and if that stays, look at Kafka (KAFKA_BROKERS) and its log`;
    throw new Failure("kafka_unavailable", message, true);
  }
  return holderOf(said);
}

export interface Said {
  readonly installation: string;
  /** `take` is an operator's word, and stands over every claim. */
  readonly how: "claim" | "take";
}

/** Compaction keeps the last word of each installation, so this says the same before it and after. */
export function holderOf(said: readonly Said[]): string | undefined {
  return (said.findLast(({ how }) => how === "take") ?? said[0])?.installation;
}

/** Nothing of what is not ours. */
function parsed(value: string | null): Said[] {
  try {
    const { installation, how } = JSON.parse(value ?? "");
    return typeof installation === "string" && (how === "claim" || how === "take")
      ? [{ installation, how }]
      : [];
  } catch {
    return [];
  }
}

async function say(kafka: KafkaClient, said: Said): Promise<void> {
  await createTopic(kafka, INSTALLATION_TOPIC, 1, { "cleanup.policy": "compact" });
  const publisher = createPublisher(kafka);
  try {
    const value = JSON.stringify({ ...said, at: new Date().toISOString() });
    await publisher.publish([{ topic: INSTALLATION_TOPIC, key: said.installation, value, headers: {} }]);
  } finally {
    await publisher.disconnect();
  }
}

function refusal(
  { kafka, brokers }: InstallationOptions,
  { ours, holder }: { ours: string; holder: string | undefined },
): InvalidConfig {
  const under = kafka.prefix === "" ? "" : ` under the prefix ${kafka.prefix}`;
  return new InvalidConfig([
    `KAFKA_BROKERS: at ${brokers.join(",")} the topics and groups${under} are those of installation ${holder}, and this database is installation ${ours}: each would take a part of the other's records. Set MILLRACE_KAFKA_PREFIX to give this one names of its own, or KAFKA_BROKERS to brokers of its own; where the other one is gone for good, "bun run ops installation --take" gives its names to this one`,
  ]);
}
