// How a row came to be: for each event its request, command, record and row, and what the event changed.
import type { Change } from "@millrace/read-models/changes-between";
import type { Step, Why } from "@millrace/read-models/why";
import { causeHref, correlationHref, eventHref, recordHref } from "../parts/links.ts";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, Id, Num, When } from "../parts/words.tsx";

interface StepsProps {
  readonly steps: readonly Step[];
  readonly stream: string;
  /** What the read model calls one of its rows. */
  readonly noun: string;
  readonly row: Why["row"];
}

export function Steps({ steps, ...of }: StepsProps) {
  return (
    <ol class="events why">
      {steps.map((step) => (
        <li data-key={String(step.version)}>
          <OneStep step={step} {...of} />
        </li>
      ))}
    </ol>
  );
}

function OneStep({ step, stream, noun, row }: { step: Step } & Omit<StepsProps, "steps">) {
  const { version, event, command, at, actor, request, cause, traceId, record, changes } = step;
  const isShown = row !== undefined && row.version >= version;
  return (
    <article>
      <h3>
        <span class="version">{version}</span> {event}
      </h3>
      <p class="when">
        <When at={at} /> · by {actor}
      </p>
      <Facts
        facts={[
          ["Request", <Id value={request} href={correlationHref(request)} />],
          command === undefined ? undefined : ["Command", <code>{command}</code>],
          ["Caused by", cause === request ? "the request" : <Id value={cause} href={causeHref(cause)} />],
          [
            "Event",
            <a href={eventHref({ stream, version })}>
              {event} at version {version}
            </a>,
          ],
          [
            "Record",
            record ? (
              <a href={recordHref(record)}>
                {record.topic}, partition {record.partition}, offset <Num value={record.offset} />
              </a>
            ) : (
              <span class="none">not found in Kafka</span>
            ),
          ],
          [
            "Row",
            <Chip tone={isShown ? "good" : "busy"}>{isShown ? "shows it" : "does not show it yet"}</Chip>,
          ],
          traceId ? ["Trace", <Id value={traceId} />] : undefined,
        ]}
      />
      <Changes changes={changes} version={version} noun={noun} />
    </article>
  );
}

function Changes({ changes, version, noun }: { changes: readonly Change[]; version: number; noun: string }) {
  const [first] = changes;
  if (!first) return <p class="empty">This event changed nothing that readers get.</p>;
  if (first.path === "") {
    return (
      <p class="change">
        {first.after === undefined ? `The ${noun} is gone for readers.` : `A new ${noun}.`}
      </p>
    );
  }
  return (
    <Table
      caption={`What version ${version} changed`}
      captionHidden
      rows={changes}
      keyOf={({ path }) => path}
      columns={[
        { title: "Changed", head: true, value: ({ path }) => <code>{path.slice(1)}</code> },
        { title: "Before", long: true, value: ({ before }) => <Said value={before} /> },
        { title: "After", long: true, value: ({ after }) => <Said value={after} /> },
      ]}
      empty=""
    />
  );
}

function Said({ value }: { value: unknown }) {
  return value === undefined ? <span class="none">nothing</span> : <code>{JSON.stringify(value)}</code>;
}
