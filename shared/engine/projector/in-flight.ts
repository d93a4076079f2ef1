// Records that an actor was given and has not committed: how old they are, and, at debug level or with tracing, which
// request each stems from. Must cost no more than a small object a delivery without either.
import type { TopicPartition } from "@millrace/kafka/consume";
import { type Origin, originOf } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Log } from "@millrace/platform/log";
import type { Span, Tracing } from "@millrace/platform/tracing";

export interface InFlight {
  delivered(records: readonly ReceivedRecord[]): void;
  /** Everything below `offset` has taken effect or is parked. */
  committed(offset: number): void;
  parked(offset: number, cause: string): void;
  /** The actor died: what it had will be delivered again. */
  dropped(cause: string): void;
  /** Age, in ms, of the first record of the oldest delivery; 0 where nothing is in flight. */
  oldestMs(): number;
}

/** Records that came in one fetch: in catching up they may be seconds apart, otherwise they are not. */
interface Delivery {
  readonly lastOffset: number;
  /** When its first record was produced, by the producer's clock. */
  readonly producedAtMs: number;
}

/** A record for a line in the log, a span or both. As many as fit a mailbox, and one fetch. */
interface Followed {
  readonly offset: number;
  readonly origin: Origin;
  readonly span: Span | undefined;
}

export interface Followers extends TopicPartition {
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
}

export function createInFlight(followers: Followers): InFlight {
  const { topic, partition, log, tracing } = followers;
  let deliveries: Delivery[] = [];
  let followed: Followed[] = [];

  /** At debug level a line a record: which request it stems from, for a person who follows one through the system. */
  const handled = ({ offset, origin, span }: Followed) => {
    log.debug({ topic, partition, offset, ...origin }, "record handled");
    span?.end();
  };

  return {
    delivered(records) {
      const [first, last] = [records[0], records.at(-1)];
      if (!first || !last) return;
      deliveries.push({ lastOffset: last.offset, producedAtMs: Number(first.timestamp) });
      if (!tracing && !log.isLevelEnabled("debug")) return;
      for (const record of records) {
        const origin = originOf(record.headers);
        const span = tracing && startSpan(tracing, followers, record, origin);
        followed.push({ offset: record.offset, origin, span });
      }
    },
    committed(offset) {
      while (deliveries[0] && deliveries[0].lastOffset < offset) deliveries.shift();
      if (followed.length === 0) return;
      const open = followed.findIndex((each) => each.offset >= offset);
      const done = open === -1 ? followed : followed.slice(0, open);
      followed = open === -1 ? [] : followed.slice(open);
      for (const each of done) handled(each);
    },
    parked(offset, cause) {
      const at = followed.findIndex((each) => each.offset === offset);
      const [each] = at === -1 ? [] : followed.splice(at, 1);
      each?.span?.end({ failure: cause });
    },
    dropped(cause) {
      for (const { span } of followed) span?.end({ failure: cause });
      deliveries = [];
      followed = [];
    },
    oldestMs: () => (deliveries[0] ? Math.max(0, Date.now() - deliveries[0].producedAtMs) : 0),
  };
}

/** From the delivery to the commit, so that a batch that waits or is tried again is seen to. */
function startSpan(
  tracing: Tracing,
  { topic, partition }: TopicPartition,
  { offset, key }: ReceivedRecord,
  { event, correlationId, traceparent }: Origin,
): Span | undefined {
  if (traceparent === undefined) return undefined;
  return tracing.start(`process ${topic}`, {
    kind: "consumer",
    parent: traceparent,
    attributes: {
      "messaging.system": "kafka",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": topic,
      "messaging.destination.partition.id": String(partition),
      "messaging.kafka.offset": offset,
      ...(key === null ? {} : { "messaging.kafka.message.key": key }),
      ...(event === undefined ? {} : { "messaging.message.id": event }),
      ...(correlationId === undefined ? {} : { "millrace.correlation_id": correlationId }),
    },
  });
}
