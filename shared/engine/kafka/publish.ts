// Sending records. Resolves only when every in-sync replica has them.

import { Partitioners, type Producer } from "kafkajs";
import { describe, Failure } from "@millrace/platform/failure";
import type { KafkaClient } from "./client.ts";
import type { Permit } from "./installation.ts";
import { type Cluster, describeRefusal, produce, type Refusal, type Sent, UNREACHABLE } from "./produce.ts";
import type { Refusals } from "./refusals.ts";

export interface OutgoingRecord {
  readonly topic: string;
  /** Where a receiver waits in one partition, that one; refused where the topic has no such partition. */
  readonly partition?: number;
  /** Decides the partition by its bytes; text stands for its UTF-8. */
  readonly key: string | Buffer | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** Where the first of the records that one publish sent to a partition stands. */
export interface PublishedAt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Publisher {
  connect(): Promise<void>;
  /**
   * Sends the records, in their order within each key, and answers for each partition whether it stored them.
   * @throws Failure `kafka_unavailable` where no broker answers; some of the records may have been stored all the same.
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly Sent[]>;
  /**
   * The same for a caller to whom all of them have one fate. Answers a place for each partition that they went to.
   * @throws Failure `kafka_unavailable`; some of the records may have been stored all the same.
   */
  publish(records: readonly OutgoingRecord[]): Promise<PublishedAt[]>;
  disconnect(): Promise<void>;
}

/** None by kafkajs: what is tried again, and what of it, is decided by partition. */
const RETRY = { retries: 0 };

/** What Kafka says where a client's picture of topics and leaders is out of date, or no connection held. */
const STALE = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "FENCED_LEADER_EPOCH",
  "REPLICA_NOT_AVAILABLE",
  UNREACHABLE,
]);

/**
 * A client whose picture of the cluster turned out to be out of date is replaced: it would go on asking for every topic
 * that it ever sent to. What was refused for that reason, and certainly not stored, is sent once more at once. With
 * `refusals`, `send` does not ask a partition for a while that has refused.
 */
export function createPublisher(
  kafka: KafkaClient,
  { permit, refusals }: { permit?: Permit; refusals?: Refusals } = {},
): Publisher {
  let client: Promise<Producer> | undefined;
  const connect = () => {
    client ??= connected(kafka, permit).catch((error) => {
      client = undefined;
      throw error;
    });
    return client;
  };
  const drop = async () => {
    const dropped = client;
    client = undefined;
    await dropped?.then((producer) => producer.disconnect()).catch(() => {});
  };
  /** A partition that is not asked now is refused as it was before. */
  const isAsked = (group: Sent) =>
    !("refusal" in group) || group.refusal !== refusals?.of(group.topic, group.partition);
  /** Not what no leader answered: that may be stored. */
  const isWorthAnotherTry = (group: Sent) =>
    isAsked(group) && isStale(group) && group.refusal.code !== UNREACHABLE;
  const sendOnce = async (records: readonly OutgoingRecord[]) => {
    try {
      const { cluster } = (await connect()) as Producer & { readonly cluster: Cluster };
      const sent = await produce({ cluster, named: kafka }, records, refusals?.of);
      if (sent.some((group) => isAsked(group) && isStale(group))) await drop();
      return sent;
    } catch (error) {
      await drop();
      throw error;
    }
  };
  const sendTwice = async (records: readonly OutgoingRecord[]): Promise<readonly Sent[]> => {
    const sent = await sendOnce(records);
    const again = sent.filter(isWorthAnotherTry);
    if (again.length === 0) return sent;
    const indexes = again.flatMap((group) => group.records);
    const resending = sendOnce(indexes.map((index) => records[index] as OutgoingRecord));
    // What was stored at the first try is known to be: the failure is then of the others alone.
    const resent = await resending.catch((error) => {
      if (sent.some((group) => "offset" in group)) return undefined;
      throw error;
    });
    if (!resent) return sent;
    const others = sent.filter((group) => !isWorthAnotherTry(group));
    return others.concat(resent.map((group) => renumbered(group, indexes)));
  };
  const send = async (records: readonly OutgoingRecord[]): Promise<readonly Sent[]> => {
    if (records.length === 0) return [];
    const startedAt = performance.now();
    try {
      const sent = sentSomewhere(await sendTwice(records));
      refusals?.note(sent, performance.now() - startedAt);
      return sent;
    } catch (cause) {
      const message = `publishing ${records.length} records: ${describe(cause)}`;
      throw new Failure("kafka_unavailable", message, true, { cause });
    }
  };
  return {
    async connect() {
      await connect();
    },
    disconnect: drop,
    send,
    async publish(records) {
      const sent = await send(records);
      return sent.map((group) => {
        const { topic, partition } = group;
        if ("offset" in group) return { topic, partition: partition as number, offset: group.offset };
        const message = `publishing ${records.length} records: ${describeRefusal(group)}`;
        throw new Failure("kafka_unavailable", message, true, { cause: group.refusal.error });
      });
    },
  };
}

function isStale(group: Sent): group is Sent & { readonly refusal: Refusal } {
  return "refusal" in group && STALE.has(group.refusal.code);
}

/** @throws where no leader answered: then it is Kafka that is away, and no partition is at fault. */
function sentSomewhere(sent: readonly Sent[]): readonly Sent[] {
  const [first] = sent;
  const isAway = sent.every((group) => "refusal" in group && group.refusal.code === UNREACHABLE);
  if (isAway && first && "refusal" in first) throw first.refusal.error;
  return sent;
}

function renumbered(group: Sent, indexes: readonly number[]): Sent {
  return { ...group, records: group.records.map((index) => indexes[index] as number) };
}

async function connected(kafka: KafkaClient, permit: Permit | undefined): Promise<Producer> {
  await permit?.();
  const producer = kafka.producer({
    // kafkajs refuses it without its own tries, and for a single one it would mean nothing.
    idempotent: false,
    allowAutoTopicCreation: false,
    // Named so that kafkajs does not warn; records are placed by `produce`.
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: RETRY,
  });
  await producer.connect();
  return producer;
}
