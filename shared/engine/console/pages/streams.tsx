// The event store: its newest events, and its streams by name.
import type { Sql } from "@millrace/platform/postgres";
import { findStreams, newestEvents } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Field, Filters } from "../parts/form.tsx";
import { correlationHref, eventHref, streamHref } from "../parts/links.ts";
import { More } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Id, Num, Time } from "../parts/words.tsx";
import { hrefFrom, numberIn, textIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;

export function streamsPage({ sql, kafka }: PageContext): Page {
  const examples = kafka.names.categories.map((category) => `${category}-1`).join(", ");
  return {
    path: "/streams",
    section: "Streams",
    live: EACH_TWO_SECONDS,
    async show({ url }) {
      const prefix = textIn(url, "prefix");
      return {
        title: "Streams",
        about: `A stream is a category and an id: ${examples}.`,
        controls: (
          <Filters
            action="/streams"
            label="Look"
            without={{ label: "Newest events", isShown: prefix !== "" }}
          >
            <Field name="prefix" label="Streams whose names begin with" value={prefix} wide />
          </Filters>
        ),
        body: prefix === "" ? await newest(sql, url) : await found(sql, url, prefix),
      };
    },
  };
}

async function found(sql: Sql, url: URL, prefix: string) {
  const wish = { prefix, after: textIn(url, "after"), limit: SHOWN_MAX };
  const streams = await askPostgres("looking for streams", findStreams(sql, wish));
  const last = streams.at(-1);
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
      {streams.length === SHOWN_MAX && last && (
        <More href={hrefFrom(url, "after", last.stream)}>More streams</More>
      )}
    </>
  );
}

async function newest(sql: Sql, url: URL) {
  const before = numberIn(url, "before");
  const events = await askPostgres(
    "reading the newest events",
    newestEvents(sql, { limit: SHOWN_MAX, ...(before && { before }) }),
  );
  const last = events.at(-1);
  return (
    <>
      <Table
        caption="The newest events"
        rows={events}
        keyOf={({ position }) => String(position)}
        columns={[
          {
            title: "Stream",
            head: true,
            value: ({ stream, version }) => <Id value={stream} href={eventHref({ stream, version })} />,
          },
          { title: "Version", right: true, value: ({ version }) => <Num value={version} /> },
          { title: "Event", value: ({ type }) => type },
          { title: "At", value: ({ at }) => <Time at={at} /> },
          { title: "Who", value: ({ metadata }) => metadata.actor },
          {
            title: "Request",
            value: ({ metadata: { correlationId: id }, position }) => (
              <Id value={id} href={correlationHref(id, position)} />
            ),
          },
        ]}
        empty="No event has been stored yet."
      />
      {events.length === SHOWN_MAX && last && (
        <More href={hrefFrom(url, "before", last.position)}>Older events</More>
      )}
    </>
  );
}
