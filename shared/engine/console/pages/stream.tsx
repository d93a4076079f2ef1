// One stream: its events, each with its data, who asked for it, and what led to it.
import { parseStreamName, streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { Failure } from "@millrace/platform/failure";
import { type PlacedEvent, readStream } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Value } from "../parts/json.tsx";
import { causeHref, correlationHref, keyHref, streamHref, whyHref } from "../parts/links.ts";
import { More } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Id, When } from "../parts/words.tsx";
import { numberIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

/** Events on one page: most streams have tens. */
const SHOWN_MAX = 100;

export function streamPage(context: PageContext): Page {
  const { sql } = context;
  return {
    path: "/streams/:stream",
    section: "Streams",
    live: EACH_TWO_SECONDS,
    async show({ parameters: { stream = "" }, url }) {
      const after = numberIn(url, "after") ?? 0;
      const { events, more } = await askPostgres(
        "reading a stream",
        readStream(sql, stream, { after, limit: SHOWN_MAX }),
      );
      if (events.length === 0) throw new Failure("stream_not_found", `There is no stream ${stream}`, false);
      return {
        title: stream,
        controls: <Links context={context} stream={stream} />,
        body: <Stream stream={stream} events={events} more={more} />,
      };
    },
  };
}

function Links({ context, stream }: { context: PageContext; stream: string }) {
  const { kafka, models, related } = context;
  const { category, aggregateId } = parseStreamName(stream);
  const topic = kafka.names.categories.includes(category) ? topicOf(category) : undefined;
  const why = whyHref(models, stream);
  return (
    <p class="crumbs">
      {why && <a href={why}>Why it is as it is</a>}
      {(related[category] ?? []).map((other) => (
        <a href={streamHref(streamName(other, aggregateId))}>Its {other}</a>
      ))}
      {topic && <a href={keyHref(topic, aggregateId)}>Its records on {topic}</a>}
    </p>
  );
}

interface StreamProps {
  readonly stream: string;
  readonly events: readonly PlacedEvent[];
  readonly more: boolean;
}

function Stream({ stream, events, more }: StreamProps) {
  const last = events.at(-1);
  return (
    <>
      <ol class="events">
        {events.map((event) => (
          <li id={`v${event.version}`} data-key={String(event.version)}>
            <Event event={event} />
          </li>
        ))}
      </ol>
      {more && last && <More href={`${streamHref(stream)}?after=${last.version}`}>Later events</More>}
    </>
  );
}

function Event({ event }: { event: PlacedEvent }) {
  const { version, type, at, metadata, data, schemaVersion, position } = event;
  const { correlationId, causationId, actor, traceparent } = metadata;
  return (
    <article>
      <h2>
        <span class="version">{version}</span> {type}
      </h2>
      <Facts
        facts={[
          ["At", <When at={at} />],
          ["Who", actor],
          ["Request", <Id value={correlationId} href={correlationHref(correlationId, position)} />],
          ["Caused by", <Id value={causationId} href={causeHref(causationId)} />],
          traceparent ? ["Trace", <Id value={traceparent.split("-")[1] ?? traceparent} />] : undefined,
          ["Schema", `version ${schemaVersion}`],
        ]}
      />
      <Value text={data} label={`Data of ${type}, version ${version}`} />
    </article>
  );
}
