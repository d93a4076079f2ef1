// kafkajs' consumer with our times and bounds, and its end.
import type { Consumer as KafkaConsumer } from "kafkajs";
import type { KafkaClient } from "./client.ts";
import { groupInKafka } from "./names.ts";

/** A member that is silent for this long loses its partitions. */
const SESSION_TIMEOUT_MS = 10_000;
export const HEARTBEAT_INTERVAL_MS = 2_000;
/** Longest that the broker holds an empty fetch: the wait of a resumed partition, and the idle load. */
const FETCH_WAIT_MAX_MS = 400;
/** Between looks at the topics, and so the longest that a new partition waits for its reader. kafkajs' own: 5 minutes. */
const METADATA_MAX_AGE_MS = 3_000;
const PARTITION_BYTES_MAX = 1_048_576;

export interface ClientOptions {
  readonly groupId: string;
  /** See ConsumerOptions. */
  readonly readUncommitted?: boolean | undefined;
}

export function newClient(kafka: KafkaClient, options: ClientOptions): KafkaConsumer {
  return kafka.consumer({
    groupId: groupInKafka(kafka, options.groupId),
    readUncommitted: options.readUncommitted === true,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
    maxWaitTimeInMs: FETCH_WAIT_MAX_MS,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    // A crash ends the session; the loop above starts the next one.
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
}

/** Longest time, in ms, that a client may take to leave its group; then the broker's session timeout removes it. */
const DISCONNECT_MOST_MS = 3_000;

export async function disconnect(client: KafkaConsumer): Promise<void> {
  await Promise.race([client.disconnect().catch(() => {}), Bun.sleep(DISCONNECT_MOST_MS)]);
}
