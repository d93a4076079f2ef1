// Who sent a command by Kafka, why, and under which trace, as far as its headers say.
import { mayActForOthers } from "@millrace/access/may";
import { actorOf, type Principal } from "@millrace/access/principal";
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

export function metadataOf(
  record: ReceivedRecord,
  { principal, causationId }: { principal: Principal; causationId: string },
): EventMetadata {
  // A customer may name anybody's: their reply has it still, and their events have the record's own.
  const correlationId = principal.role === "customer" ? undefined : correlationIdOf(record);
  const traceparent = readTraceparent(record.headers.traceparent);
  return {
    ...whoIn(record, principal),
    correlationId: correlationId !== undefined && SAFE_ID.test(correlationId) ? correlationId : causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** What its header says counts while nobody is asked, and else as whom its sender acted for. */
function whoIn(
  { headers: { actor } }: ReceivedRecord,
  principal: Principal,
): Pick<EventMetadata, "actor" | "authn" | "onBehalfOf"> {
  const claimed = actor !== undefined && SAFE_ID.test(actor) ? actor : undefined;
  const { authn } = principal;
  if (authn === undefined) return { actor: claimed ?? actorOf(principal) };
  const asked = { actor: actorOf(principal), authn };
  return claimed !== undefined && mayActForOthers(principal) ? { ...asked, onBehalfOf: claimed } : asked;
}
