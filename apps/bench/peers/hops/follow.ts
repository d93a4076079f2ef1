// A topic's records, for the processes of a peer that follow it.

import { createKafka } from "@millrace/kafka/client";
import { createConsumer, type ReceivedBatch } from "@millrace/kafka/consume";
import { NO_NAMES } from "@millrace/kafka/names";
import { createLog } from "@millrace/platform/log";
import type { Pace } from "@millrace/platform/pace";

const LOOK_EVERY_MS = 10;

interface Follower {
  readonly broker: string;
  readonly topic: string;
  /** Those of one name share the partitions. */
  readonly name: string;
  readonly pace?: Pace;
}

/** Resolves once it is told of whatever is published from then on. */
export async function follow(
  { broker, topic, name, pace }: Follower,
  take: (batch: ReceivedBatch) => Promise<void>,
): Promise<void> {
  const log = createLog("peer", "silent");
  const consumer = createConsumer(
    createKafka({ names: NO_NAMES, brokers: [broker], clientId: `peer-${name}`, log }),
    {
      groupId: `${topic}-${name}`,
      topics: [topic],
      log,
      pace,
      async handle(batch) {
        await take(batch);
        return true;
      },
    },
  );
  consumer.start();
  while (consumer.state() !== "consuming") await Bun.sleep(LOOK_EVERY_MS);
}
