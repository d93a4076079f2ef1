// What a record holds: its headers, CloudEvents' attributes in words with links to what they name, and its value.
import type { Child } from "hono/jsx";
import { parseTraceparent, readTraceparent } from "@millrace/platform/traceparent";
import { Value } from "./json.tsx";
import { causeHref, correlationHref, streamHref } from "./links.ts";
import { Section } from "./section.tsx";
import { Table } from "./table.tsx";
import { Id, Time } from "./words.tsx";

interface Meaning {
  readonly says: string;
  readonly show?: (value: string) => Child;
}

/** Headers of the CloudEvents Kafka binding, and the engine's own: see event-record.ts of @millrace/kafka. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  "content-type": { says: "How the value is written" },
  ce_specversion: { says: "Version of CloudEvents" },
  ce_id: { says: "The event's own id", show: (value) => <Id value={value} href={causeHref(value)} /> },
  ce_source: { says: "Who published it" },
  ce_type: { says: "Type of the event" },
  ce_time: { says: "When it was stored", show: (value) => <Time at={value} /> },
  ce_subject: { says: "Its stream", show: (value) => <Id value={value} href={streamHref(value)} /> },
  ce_streamversion: { says: "Place in the stream" },
  ce_schemaversion: { says: "Version of its schema" },
  ce_actor: { says: "Who asked" },
  ce_correlationid: {
    says: "Request that it goes back to",
    show: (value) => <Id value={value} href={correlationHref(value)} />,
  },
  ce_causationid: {
    says: "What led straight to it",
    show: (value) => <Id value={value} href={causeHref(value)} />,
  },
  ce_traceparent: { says: "Trace in which it was made", show: traceOf },
  traceparent: { says: "Hop that sent it", show: traceOf },
  "reply-to": { says: "Topic to answer on" },
  "correlation-id": { says: "Id to answer with" },
};

/** What a record holds. */
export function Content({
  headers,
  value,
}: {
  headers: Readonly<Record<string, string>>;
  value: string | null;
}) {
  return (
    <>
      <Section id="headers" title="Headers">
        <Headers headers={headers} />
      </Section>
      <Section id="value" title="Value">
        <Value text={value} label="The record's value" />
      </Section>
    </>
  );
}

export function Headers({ headers }: { headers: Readonly<Record<string, string>> }) {
  return (
    <Table
      caption="Headers"
      captionHidden
      rows={Object.entries(headers)}
      keyOf={([name]) => name}
      columns={[
        { title: "Header", head: true, value: ([name]) => <code>{name}</code> },
        {
          title: "Meaning",
          long: true,
          value: ([name]) => MEANINGS[name]?.says ?? <span class="none">not one of ours</span>,
        },
        {
          title: "Value",
          long: true,
          value: ([name, value]) => MEANINGS[name]?.show?.(value) ?? <code>{value}</code>,
        },
      ]}
      empty="The record has no headers."
    />
  );
}

function traceOf(value: string): Child {
  const known = readTraceparent(value);
  if (!known) return <code>{value}</code>;
  const { traceId, spanId } = parseTraceparent(known);
  return (
    <>
      trace <Id value={traceId} /> span <Id value={spanId} />
    </>
  );
}
