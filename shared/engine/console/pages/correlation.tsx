// All events that one request from outside led to, in every stream.
import { eventId } from "@millrace/events/envelope";
import { count } from "@millrace/platform/quantities";
import {
  type Correlated,
  correlatedEvents,
  LOOKED_THROUGH_MAX,
  type PlacedHead,
} from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { causeHref, correlationHref, eventHref, streamHref } from "../parts/links.ts";
import { More } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Id, Time } from "../parts/words.tsx";
import { numberIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 200;
/** Deepest indent: events further from the request stand at this one. */
const DEPTH_MAX = 4;

export function correlationPage({ sql }: PageContext): Page {
  return {
    path: "/correlations/:id",
    section: "Streams",
    async show({ parameters: { id = "" }, url }) {
      const [before, around] = [numberIn(url, "before"), numberIn(url, "around")];
      const wish = { limit: SHOWN_MAX, ...(before && { before }), ...(around && { around }) };
      const found = await askPostgres("looking for correlated events", correlatedEvents(sql, id, wish));
      return {
        title: "Request",
        about: <Id value={id} />,
        body: <Correlation id={id} found={found} />,
      };
    },
  };
}

function Correlation({ id, found }: { id: string; found: Correlated }) {
  const { events, from, before, more } = found;
  const depths = depthsOf(events);
  return (
    <>
      <p class="summary">
        {count(events.length)} events of this request at the positions {count(from)} to {count(before - 1)} of
        the event store.{more && ` There are more: the first ${SHOWN_MAX} are shown.`}
      </p>
      <Table
        caption="Its events, in the order in which they were stored"
        rows={events}
        columns={[
          {
            title: "Event",
            head: true,
            value: (event) => (
              <span class={`depth-${depths.get(nameOf(event)) ?? 0}`}>
                <a href={eventHref(event)}>{event.type}</a>
              </span>
            ),
          },
          {
            title: "Stream",
            value: ({ stream, version }) => (
              <>
                <Id value={stream} href={streamHref(stream)} /> <span class="kind">version {version}</span>
              </>
            ),
          },
          { title: "At", value: ({ at }) => <Time at={at} /> },
          { title: "Who", value: ({ metadata }) => metadata.actor },
          {
            title: "Caused by",
            value: ({ metadata: { causationId } }) =>
              causationId === id ? "the request" : <Id value={causationId} href={causeHref(causationId)} />,
          },
        ]}
        empty="No event at these positions is of this request."
      />
      {from > 1 && (
        <More href={`${correlationHref(id)}?before=${from}`}>
          Go on: look through {count(LOOKED_THROUGH_MAX)} older positions
        </More>
      )}
    </>
  );
}

/** By event, how many of the events here stand between it and the request. */
function depthsOf(events: readonly PlacedHead[]): Map<string, number> {
  const depths = new Map<string, number>();
  for (const event of events) {
    const cause = depths.get(event.metadata.causationId);
    depths.set(nameOf(event), cause === undefined ? 0 : Math.min(cause + 1, DEPTH_MAX));
  }
  return depths;
}

function nameOf({ stream, version }: PlacedHead): string {
  return eventId(stream, version);
}
