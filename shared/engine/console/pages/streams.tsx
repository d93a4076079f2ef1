// The event store, by stream and by what came last.
import { findStreams, newestEvents, type PlacedHead, type StreamSummary } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import { correlationHref, streamHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id, Num, Time } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;
const EVERY_MS = 2_000;

export function streamsPage({ sql, kafka }: PageContext): Page {
  const examples = kafka.names.categories.map((category) => `${category}-1`).join(", ");
  return {
    path: "/streams",
    section: "Streams",
    live: { everyMs: EVERY_MS },
    async show({ url }) {
      const prefix = textIn(url, "prefix");
      const after = textIn(url, "after");
      const before = Number(url.searchParams.get("before")) || undefined;
      const base = {
        title: "Streams",
        about: `A stream is a category and an id: ${examples}.`,
        controls: <Controls prefix={prefix} />,
      };
      if (prefix !== "") {
        const found = findStreams(sql, { prefix, after, limit: SHOWN_MAX });
        return {
          ...base,
          body: <Found prefix={prefix} streams={await askPostgres("looking for streams", found)} />,
        };
      }
      const newest = newestEvents(sql, { limit: SHOWN_MAX, ...(before === undefined ? {} : { before }) });
      return { ...base, body: <Newest events={await askPostgres("reading the newest events", newest)} /> };
    },
  };
}

/** Postgres takes no NUL and no half of a pair. */
export function textIn(url: URL, name: string): string {
  return (url.searchParams.get(name) ?? "").trim().toWellFormed().replaceAll("\0", "");
}

function Controls({ prefix }: { prefix: string }) {
  return (
    <form class="controls" action="/streams">
      <Field name="prefix" label="Streams whose names begin with" value={prefix} wide />
      <button type="submit" class="button primary">
        Look
      </button>
      {prefix !== "" && (
        <a class="button plain" href="/streams">
          Newest events
        </a>
      )}
    </form>
  );
}

function Found({ prefix, streams }: { prefix: string; streams: readonly StreamSummary[] }) {
  const last = streams.at(-1);
  const more = streams.length === SHOWN_MAX && last;
  return (
    <>
      <Table
        caption={`Streams that begin with ${prefix}`}
        rows={streams}
        keyOf={({ stream }) => stream}
        columns={[
          {
            title: "Stream",
            head: true,
            value: ({ stream }) => <Id value={stream} href={streamHref(stream)} />,
          },
          { title: "Version", right: true, value: ({ version }) => <Num value={version} /> },
          { title: "Last event", value: ({ type }) => type },
          { title: "At", value: ({ at }) => <Time at={at} /> },
        ]}
        empty={`No stream begins with ${prefix}.`}
      />
      {more && (
        <p class="pages">
          <a class="button plain" href={`/streams?${new URLSearchParams({ prefix, after: last.stream })}`}>
            More streams
          </a>
        </p>
      )}
    </>
  );
}

function Newest({ events }: { events: readonly PlacedHead[] }) {
  const last = events.at(-1);
  return (
    <>
      <EventTable events={events} caption="The newest events" empty="No event has been stored yet." />
      {events.length === SHOWN_MAX && last && (
        <p class="pages">
          <a class="button plain" href={`/streams?before=${last.position}`}>
            Older events
          </a>
        </p>
      )}
    </>
  );
}

function EventTable(props: { events: readonly PlacedHead[]; caption: string; empty: string }) {
  const { events, caption, empty } = props;
  return (
    <Table
      caption={caption}
      rows={events}
      keyOf={({ position }) => String(position)}
      columns={[
        {
          title: "Stream",
          head: true,
          value: ({ stream, version }) => <Id value={stream} href={`${streamHref(stream)}#v${version}`} />,
        },
        { title: "Version", right: true, value: ({ version }) => <Num value={version} /> },
        { title: "Event", value: ({ type }) => type },
        { title: "At", value: ({ at }) => <Time at={at} /> },
        { title: "Who", value: ({ metadata }) => metadata.actor },
        {
          title: "Request",
          value: ({ metadata, position }) => (
            <Id value={metadata.correlationId} href={correlationHref(metadata.correlationId, position)} />
          ),
        },
      ]}
      empty={empty}
    />
  );
}
