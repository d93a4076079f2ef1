// Who sent a command by Kafka, why, and under which trace, as far as its headers say.
import type { EventMetadata } from "@millrace/events/envelope";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { correlationIdOf } from "./reply-address.ts";

/** One try of one command: a batch that is tried again has another. */
export function startSpan(
  tracing: Tracing,
  topic: string,
  { correlationId, causationId, traceparent }: EventMetadata,
): Span {
  return tracing.start(`process ${topic}`, {
    kind: "consumer",
    parent: traceparent,
    attributes: {
      "messaging.system": "kafka",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": topic,
      "messaging.message.id": causationId,
      "millrace.correlation_id": correlationId,
    },
  });
}

/** Ids that may go into logs and tables as they are; Kafka's headers may hold anything. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;

export function metadataOf(record: ReceivedRecord, causationId: string): EventMetadata {
  const { actor } = record.headers;
  const correlationId = correlationIdOf(record);
  const traceparent = readTraceparent(record.headers.traceparent);
  return {
    actor: actor !== undefined && SAFE_ID.test(actor) ? actor : "anonymous",
    correlationId: correlationId !== undefined && SAFE_ID.test(correlationId) ? correlationId : causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
