// Where a command's sender waits for its reply, and the ids by which it knows the reply. Headers are understood in three
// conventions, even mixed: our own `reply-to` and `correlation-id`, and the `kafka_` headers of Spring and of NestJS.
import { headerBytes, headerText, keyBytes, type ReceivedRecord } from "@millrace/kafka/received-record";

export interface ReplyAddress {
  readonly topic: string;
  readonly partition?: number;
  /** The command's key, unchanged: senders may tell replies apart by it, or keep them in order. */
  readonly key: Buffer | null;
  /** The sender's correlation ids, byte for byte, each under the name of its header. */
  readonly headers: Readonly<Record<string, Buffer>>;
  /** NestJS' client reads the outcome, and whether more replies follow, from headers. */
  readonly isNestClient: boolean;
}

const OWN_TOPIC = "reply-to";
const OTHERS_TOPIC = "kafka_replyTopic";
const CORRELATION_IDS = ["correlation-id", "kafka_correlationId"];

/** Undefined where the command asks for no reply. */
export function replyAddressOf(record: ReceivedRecord): ReplyAddress | undefined {
  const own = headerBytes(record, OWN_TOPIC);
  const topic = own ?? headerBytes(record, OTHERS_TOPIC);
  if (topic === undefined) return undefined;
  const partition = partitionIn(headerBytes(record, "kafka_replyPartition"));
  return {
    // Bytes that are not UTF-8 make no valid name, and are refused by ReplyTopics.
    topic: topic.toString("utf8"),
    ...(partition === undefined ? {} : { partition }),
    key: keyBytes(record),
    headers: Object.fromEntries(
      CORRELATION_IDS.flatMap((name) => {
        const id = headerBytes(record, name);
        return id === undefined ? [] : [[name, id]];
      }),
    ),
    isNestClient: own === undefined,
  };
}

/** The sender's correlation id; undefined where there is none, or it is not text. */
export function correlationIdOf(record: ReceivedRecord): string | undefined {
  return CORRELATION_IDS.map((name) => headerText(record, name)).find((id) => id !== undefined);
}

/** NestJS writes the number in digits, Spring as four bytes, which for a partition are never all digits. */
function partitionIn(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  const text = bytes.toString("latin1");
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const number = bytes.length === 4 ? bytes.readInt32BE() : -1;
  return number < 0 ? undefined : number;
}
