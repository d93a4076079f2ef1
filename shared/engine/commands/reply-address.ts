// Where a command's sender waits for its reply, and what it knows the reply by. Three conventions are understood, any of
// them beside the others: our own `reply-to` and `correlation-id`, Spring's and NestJS' `kafka_` headers.
import { headerBytes, headerText, keyBytes, type ReceivedRecord } from "@millrace/kafka/received-record";

export interface ReplyAddress {
  readonly topic: string;
  readonly partition?: number;
  /** As it came: its key may be what tells a sender's replies apart, or keeps them in order. */
  readonly key: Buffer | null;
  /** The sender's correlation ids, byte for byte, each under the name that it came by. */
  readonly headers: Readonly<Record<string, Buffer>>;
  /** NestJS' client looks into headers for how a command ended, and for whether more will come. */
  readonly isNestClient: boolean;
}

const OWN_TOPIC = "reply-to";
const OTHERS_TOPIC = "kafka_replyTopic";
const CORRELATION_IDS = ["correlation-id", "kafka_correlationId"];

/** Undefined where nobody waits. */
export function replyAddressOf(record: ReceivedRecord): ReplyAddress | undefined {
  const own = headerBytes(record, OWN_TOPIC);
  const topic = own ?? headerBytes(record, OTHERS_TOPIC);
  if (topic === undefined) return undefined;
  const partition = partitionIn(headerBytes(record, "kafka_replyPartition"));
  return {
    // What is not text is no topic's name, and is refused for that.
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

/** The sender's own word for what its commands belong to, where that is text. */
export function correlationIdOf(record: ReceivedRecord): string | undefined {
  return CORRELATION_IDS.map((name) => headerText(record, name)).find((id) => id !== undefined);
}

/** NestJS writes the number as text, Spring as four bytes, of which those of a partition are never all digits. */
function partitionIn(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  const text = bytes.toString("latin1");
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const number = bytes.length === 4 ? bytes.readInt32BE() : -1;
  return number < 0 ? undefined : number;
}
