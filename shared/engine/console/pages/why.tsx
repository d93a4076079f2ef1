// Why a row is as it is: request, command, event, record and row, with times, and what each event changed.

import { type KeptFinding, keptFindings } from "@millrace/audit/findings";
import { locateAll } from "@millrace/audit/locate";
import type { StoredEvent } from "@millrace/events/envelope";
import { streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";
import { type Wait, waitsOf, waitText } from "@millrace/projector/waits";
import type { Past, ReadModel } from "@millrace/read-models/read-model";
import { hashOf } from "@millrace/read-models/row-changes";
import { type RecordPlace, readWhyPage, type Why, whyRow } from "@millrace/read-models/why";
import { lastVersion } from "@millrace/store/browse";
import { type HeldStream, holdOf } from "@millrace/store/held-streams";
import { createLoader } from "@millrace/store/load";
import type { PageContext } from "../context.ts";
import type { Life } from "../life/life.ts";
import { Timeline } from "../life/timeline.tsx";
import type { Page } from "../page.ts";
import { factsOf, shownRow, titleOf } from "../parts/document.tsx";
import { Value } from "../parts/json.tsx";
import { itemHref, recordHref, streamHref } from "../parts/links.ts";
import { Facts } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, ProblemNotice, Time } from "../parts/words.tsx";
import { askKafka, askPostgres, type Part, part, statusOf } from "../sources.ts";
import { readLife } from "./why-life.ts";
import { Steps } from "./why-steps.tsx";

const EVERY_MS = 5_000;
/** Events on one page: most streams have tens. */
const SHOWN_MAX = 100;
/** The partition is read from when the first event was stored: a busy one has much since. */
const LOCATE_WITHIN_MS = 6_000;
/** Streams whose records' places are remembered. */
const PLACES_KEPT_MAX = 1_000;
/** A place never changes while its topic stands; a topic that was created anew has others. */
const PLACES_KEPT_MS = 60_000;

type Places = ReadonlyMap<number, RecordPlace>;

export function whyPage(context: PageContext, model: ReadModel, past: Past<unknown>): Page {
  const { sql, related } = context;
  const { name, streamPrefix } = model;
  const { noun } = model.shown;
  const { category, topic } = past.source;
  const places = createPlaces(context, topic);
  return {
    path: `/${name}/:id`,
    section: titleOf(name),
    live: {
      everyMs: EVERY_MS,
      concerns: ({ projection, hashes }, { parameters: { id = "" } }) =>
        projection === name && (hashes?.includes(hashOf(id)) ?? true),
    },
    async show({ parameters: { id = "" }, url }) {
      const stream = streamPrefix + id;
      const after = Number(url.searchParams.get("after")) || 0;
      const events = createLoader(sql).pages(stream);
      const page = await askPostgres(
        "reading its events",
        readWhyPage(past, events, { after, limit: SHOWN_MAX }),
      );
      const last = await askPostgres("reading its version", lastVersion(sql, stream));
      if (last === undefined) throw new Failure("stream_not_found", `There is no ${noun} ${id}`, false);
      const located = await part(places(id, page.events));
      const records = located.ok ? located.value : undefined;
      const why = await askPostgres(
        "reading why",
        whyRow(sql, past, { id, page, lastVersion: last, records }),
      );
      const life = await readLife(context, { id, stream, category, why });
      const findings = await askPostgres("reading findings", keptFindings(sql));
      const held = await holdOf(sql, stream);
      const waits = await askPostgres("reading what it waits for", waitsOf(sql, topic, id));
      return {
        title: `${titleOf(noun)} ${id}`,
        body: (
          <Whole
            model={model}
            topic={topic}
            related={related[category] ?? []}
            why={why}
            life={life}
            version={last}
            located={located}
            held={held}
            waits={waits}
            findings={findings.filter(({ subject }) => subject === stream)}
          />
        ),
        status: statusOf(located),
      };
    },
  };
}

function createPlaces({ kafka, log }: PageContext, topic: string) {
  const known = new Map<string, { readonly since: number; readonly places: Map<number, RecordPlace> }>();
  return async (id: string, events: readonly StoredEvent[]): Promise<Places> => {
    const remembered = known.get(id);
    const isFresh = remembered && Date.now() - remembered.since < PLACES_KEPT_MS;
    const entry = isFresh ? remembered : { since: Date.now(), places: new Map<number, RecordPlace>() };
    const missing = events.filter(({ version }) => !entry.places.has(version));
    if (missing.length === 0) return entry.places;
    const found = await askKafka(
      "looking for its records",
      locateAll({ kafka, log }, topic, missing),
      LOCATE_WITHIN_MS,
    );
    for (const [version, place] of found) entry.places.set(version, place);
    known.delete(id);
    known.set(id, entry);
    for (const oldest of known.keys()) {
      if (known.size <= PLACES_KEPT_MAX) break;
      known.delete(oldest);
    }
    return entry.places;
  };
}

interface WholeProps {
  readonly model: ReadModel;
  readonly topic: string;
  /** Categories of other streams of this id. */
  readonly related: readonly string[];
  readonly why: Why;
  readonly life: Life;
  /** Of the stream's last event. */
  readonly version: number;
  readonly located: Part<Places>;
  readonly held: HeldStream | undefined;
  readonly findings: readonly KeptFinding[];
  readonly waits: readonly Wait[];
}

function Whole({ model, topic, related, why, life, version, located, held, findings, waits }: WholeProps) {
  const { id, steps, row } = why;
  const last = steps.at(-1);
  const stream = model.streamPrefix + id;
  return (
    <>
      {findings.map(({ kind, detail, foundAt }) => (
        <div class="notice bad">
          <p>
            <strong>The audit has found {kind}</strong> <Ago at={foundAt} />: {detail}
          </p>
        </div>
      ))}
      {held && (
        <p class="notice bad">
          Events {held.version} to {held.last} have not reached Kafka since <Ago at={held.since} />:{" "}
          {held.cause}
        </p>
      )}
      {waits.map((wait) => (
        <p class="notice warn">Waits: {waitText(wait)}</p>
      ))}
      <section class="card" aria-labelledby="now">
        <h2 id="now">As it is now</h2>
        {row && <Now model={model} topic={topic} row={row} />}
        {!row && !held && waits.length === 0 && <p class="notice warn">No event has reached its row yet.</p>}
        <Facts
          facts={[
            ["Events", <Num value={version} />],
            last && [
              "Last changed",
              <>
                <Time at={last.at} /> · <Ago at={last.at} />
              </>,
            ],
            ["Stream", <Id value={stream} href={streamHref(stream)} />],
            ...related.map((category) => {
              const other = streamName(category, id);
              return [titleOf(category), <Id value={other} href={streamHref(other)} />] as const;
            }),
          ]}
        />
      </section>
      {!located.ok && <ProblemNotice failure={located.failure} />}
      <section aria-labelledby="life">
        <h2 id="life">Its life</h2>
        <Timeline life={life} />
      </section>
      <section aria-labelledby="why">
        <h2 id="why">How it came to be so</h2>
        <Steps steps={steps} stream={stream} noun={model.shown.noun} row={row} />
        {last && last.version < version && (
          <p class="pages">
            <a class="button plain" href={`${itemHref(model, id)}?after=${last.version}`}>
              Later events
            </a>
          </p>
        )}
      </section>
      {row && (
        <section aria-labelledby="document">
          <h2 id="document">What readers get</h2>
          <Value text={JSON.stringify(row.document)} label={`The document of the ${model.shown.noun}`} />
        </section>
      )}
    </>
  );
}

interface NowProps extends Pick<WholeProps, "model" | "topic"> {
  readonly row: NonNullable<Why["row"]>;
}

function Now({ model, topic, row }: NowProps) {
  const place = { topic, partition: row.partition, offset: row.offset };
  return (
    <Facts
      facts={[
        ...factsOf(model, shownRow(JSON.stringify(row.document), row.deleted)),
        [
          "Row",
          <>
            version {row.version}
            {row.deleted && ", deleted"}{" "}
            <Chip tone={row.behind === 0 ? "good" : "busy"}>
              {row.behind === 0 ? "level with its events" : `${row.behind} events behind`}
            </Chip>
          </>,
        ],
        [
          "Made from",
          row.offset < 0 ? (
            "the event store"
          ) : (
            <a href={recordHref(place)}>
              {place.topic} {place.partition} / <Num value={place.offset} />
            </a>
          ),
        ],
      ]}
    />
  );
}
