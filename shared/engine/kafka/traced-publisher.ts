// A publisher whose records' traces go on: a span a record that has one, and the record names that span.

import { readTraceparent } from "@millrace/platform/traceparent";
import type { Span, Tracing } from "@millrace/platform/tracing";
import type { OutgoingRecord, Publisher } from "./publish.ts";

/** The publisher itself where there is no tracing. */
export function tracedPublisher(publisher: Publisher, tracing: Tracing | undefined): Publisher {
  if (!tracing) return publisher;
  return {
    ...publisher,
    async send(records) {
      const spans: [number, Span][] = [];
      const sent = records.map((record, index) => {
        const parent = readTraceparent(record.headers.traceparent?.toString());
        if (parent === undefined) return record;
        const span = tracing.start(`send ${record.topic}`, {
          kind: "producer",
          parent,
          attributes: attributesOf(record),
        });
        spans.push([index, span]);
        return { ...record, headers: { ...record.headers, traceparent: span.traceparent } };
      });
      try {
        const groups = await publisher.send(sent);
        const refused = new Map(
          groups.flatMap((group) =>
            "refusal" in group ? group.records.map((index) => [index, group.refusal.code] as const) : [],
          ),
        );
        for (const [index, span] of spans)
          span.end(refused.has(index) ? { failure: refused.get(index) as string } : undefined);
        return groups;
      } catch (error) {
        for (const [, span] of spans) span.end({ failure: String(error) });
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
