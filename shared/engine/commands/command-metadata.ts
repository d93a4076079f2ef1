// The metadata of a command from Kafka: its sender, its correlation id and its trace.
import { mayActForOthers } from "@millrace/access/may";
import { actorOf, type Principal } from "@millrace/access/principal";
import type { EventMetadata } from "@millrace/events/envelope";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { correlationIdOf } from "./reply-address.ts";

/** The span of one try of a command; a retry has a span of its own. */
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

/** Ids that may go into logs and tables as they are. Kafka's headers may hold any bytes. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;

export function metadataOf(
  record: ReceivedRecord,
  { principal, causationId }: { principal: Principal; causationId: string },
): EventMetadata {
  // A customer could name the id of somebody else's request, so it is only sent back with the reply and not stored.
  const correlationId = principal.role === "customer" ? undefined : correlationIdOf(record);
  const traceparent = readTraceparent(record.headers.traceparent);
  return {
    ...whoIn(record, principal),
    correlationId: correlationId !== undefined && SAFE_ID.test(correlationId) ? correlationId : causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** While access is open the header `actor` names the sender. Where access is required it names the person whom the sender acts for. */
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
