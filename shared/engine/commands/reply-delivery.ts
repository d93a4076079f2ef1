// Replies of one topic on their way to Kafka: which of them it stored, which may be sent again, and which never will be.
import { describeRefusal } from "@millrace/kafka/produce";
import type { Publisher } from "@millrace/kafka/publish";
import { isOfARecord } from "@millrace/kafka/refusals";
import { describe } from "@millrace/platform/failure";
import type { Reply } from "./replies.ts";

/** What became of some replies. */
export interface Delivery {
  /** To be sent again. */
  readonly left: readonly Reply[];
  readonly dropped: number;
  /** Why there are some left. */
  readonly reason: string | undefined;
}

export interface ReplyDeliveryOptions {
  /** How many partitions the topic has; undefined where there is none. @throws what else Kafka says of it */
  partitionsOf(topic: string): Promise<number | undefined>;
  /** The one to send with now. */
  publisher(): Publisher;
  /** So many can never be sent. */
  drop(count: number, reason: string): void;
}

const DONE: Delivery = { left: [], dropped: 0, reason: undefined };

/** Sends replies of the topic. What it answers never rejects. */
export function createReplyDelivery(
  topic: string,
  { partitionsOf, publisher, drop }: ReplyDeliveryOptions,
): (replies: readonly Reply[]) => Promise<Delivery> {
  /** As far as is known. */
  let partitions: number | undefined;

  /** @throws what may pass: none of them is stored then, as far as is known */
  const deliver = async (replies: readonly Reply[]): Promise<Delivery> => {
    const needed = 1 + Math.max(...replies.map(({ partition }) => partition ?? 0));
    if (partitions === undefined || partitions < needed) partitions = await partitionsOf(topic);
    if (partitions === undefined) throw new Error("there is no such topic");
    const count = partitions;
    const placed = replies.filter(({ partition }) => (partition ?? 0) < count);
    const misplaced = replies.length - placed.length;
    drop(misplaced, `the topic has no partition but the first ${count}`);
    return together({ ...DONE, dropped: misplaced }, await publish(placed));
  };

  const publish = async (replies: readonly Reply[]): Promise<Delivery> => {
    if (replies.length === 0) return DONE;
    const sent = await publisher().send(replies.map(({ short, ...record }) => record));
    let delivery = DONE;
    for (const group of sent) {
      if (!("refusal" in group)) continue;
      const ofGroup = group.records.map((index) => replies[index] as Reply);
      const reason = describeRefusal(group);
      const own = isOfARecord(group.refusal)
        ? await publishAlone(ofGroup, reason)
        : { left: ofGroup, dropped: 0, reason };
      delivery = together(delivery, own);
    }
    return delivery;
  };

  /** Those of which one at least is not taken, each by itself. */
  const publishAlone = async (replies: readonly Reply[], refusal: string): Promise<Delivery> => {
    const [only, second] = replies;
    if (only && !second) {
      if (only.value === only.short) {
        drop(1, refusal);
        return { ...DONE, dropped: 1 };
      }
      const { left, ...rest } = await publish([{ ...only, value: only.short }]);
      return { ...rest, left: left.length > 0 ? [only] : [] };
    }
    let delivery = DONE;
    for (const reply of replies) {
      delivery = together(delivery, await publish([reply]).catch((error: unknown) => failed([reply], error)));
    }
    return delivery;
  };

  return async (replies) => {
    const delivery = await deliver(replies).catch((error: unknown) => failed(replies, error));
    if (delivery.reason !== undefined) partitions = undefined;
    return delivery;
  };
}

function failed(replies: readonly Reply[], error: unknown): Delivery {
  return { left: replies, dropped: 0, reason: describe(error) };
}

function together(one: Delivery, other: Delivery): Delivery {
  return {
    left: [...one.left, ...other.left],
    dropped: one.dropped + other.dropped,
    reason: other.reason ?? one.reason,
  };
}
