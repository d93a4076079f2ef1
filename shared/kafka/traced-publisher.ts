// A publisher whose records' traces go on: a span a record that has one, and the record names that span.

import { readTraceparent } from "@millrace/platform/traceparent";
import type { Span, Tracing } from "@millrace/platform/tracing";
import type { OutgoingRecord, Publisher } from "./publish.ts";

/** The publisher itself where there is no tracing. */
export function tracedPublisher(publisher: Publisher, tracing: Tracing | undefined): Publisher {
  if (!tracing) return publisher;
  return {
    ...publisher,
    async publish(records) {
      const spans: Span[] = [];
      const sent = records.map((record) => {
        const parent = readTraceparent(record.headers.traceparent?.toString());
        if (parent === undefined) return record;
        const span = tracing.start(`send ${record.topic}`, {
          kind: "producer",
          parent,
          attributes: attributesOf(record),
        });
        spans.push(span);
        return { ...record, headers: { ...record.headers, traceparent: span.traceparent } };
      });
      try {
        const published = await publisher.publish(sent);
        for (const span of spans) span.end();
        return published;
      } catch (error) {
        for (const span of spans) span.end({ failure: String(error) });
        throw error;
      }
    },
  };
}

function attributesOf({ topic, key, headers }: OutgoingRecord): Record<string, string> {
  return {
    "messaging.system": "kafka",
    "messaging.operation.type": "send",
    "messaging.operation.name": "send",
    "messaging.destination.name": topic,
    ...(key === null ? {} : { "messaging.kafka.message.key": String(key) }),
    ...(headers.ce_id === undefined ? {} : { "messaging.message.id": String(headers.ce_id) }),
  };
}
