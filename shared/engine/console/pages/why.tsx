// Why a row is as it is: request, command, event, record and row, with times, and what each event changed.
import { type KeptFinding, keptFindings } from "@millrace/audit/findings";
import { streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";
import { type Wait, waitsOf, waitText } from "@millrace/projector/waits";
import type { Past, ReadModel } from "@millrace/read-models/read-model";
import { hashOf } from "@millrace/read-models/row-changes";
import { readWhyPage, type Why, whyRow } from "@millrace/read-models/why";
import { lastVersion } from "@millrace/store/browse";
import { type HeldStream, holdOf } from "@millrace/store/held-streams";
import { createLoader } from "@millrace/store/load";
import type { PageContext } from "../context.ts";
import type { Life } from "../life/life.ts";
import { Timeline } from "../life/timeline.tsx";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { factsOf, shownRow, titleOf } from "../parts/document.tsx";
import { Value } from "../parts/json.tsx";
import { itemHref, streamHref } from "../parts/links.ts";
import { More, Section } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, ProblemNotice, RecordLink, When } from "../parts/words.tsx";
import { numberIn } from "../query.ts";
import { createRecordPlaces, type Places } from "../record-places.ts";
import { askPostgres, type Part, part, statusOf } from "../sources.ts";
import { readLife } from "./why-life.ts";
import { Steps } from "./why-steps.tsx";

/** Events on one page: most streams have tens. */
const SHOWN_MAX = 100;

export function whyPage(context: PageContext, model: ReadModel, past: Past<unknown>): Page {
  const { sql, related } = context;
  const { name, streamPrefix } = model;
  const { noun } = model.shown;
  const { category, topic } = past.source;
  const places = createRecordPlaces(context, topic);
  return {
    path: `/${name}/:id`,
    section: titleOf(name),
    live: {
      ...EACH_FIVE_SECONDS,
      concerns: ({ projection, hashes }, { parameters: { id = "" } }) =>
        projection === name && (hashes?.includes(hashOf(id)) ?? true),
    },
    async show({ parameters: { id = "" }, url }) {
      const stream = streamPrefix + id;
      const after = numberIn(url, "after") ?? 0;
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
            {...{ model, topic, why, life, version: last, located, held, waits }}
            related={related[category] ?? []}
            findings={findings.filter(({ subject }) => subject === stream)}
          />
        ),
        status: statusOf(located),
      };
    },
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
        <p class="notice bad">
          <strong>The audit has found {kind}</strong> <Ago at={foundAt} />: {detail}.{" "}
          <a href="/audit">What it means, and what mends it</a>
        </p>
      ))}
      {held && (
        <p class="notice bad">
          Kafka has refused the events {held.version} to {held.last} since <Ago at={held.since} />, so the row
          lacks them. They are tried again every few seconds: mend the cause. {held.cause}
        </p>
      )}
      {waits.map((wait) => (
        <p class="notice warn">Waits: {waitText(wait)}</p>
      ))}
      <Section id="now" title="As it is now" card>
        {row && <Now model={model} topic={topic} row={row} />}
        {!row && !held && waits.length === 0 && (
          <p class="notice warn">There is no row yet: no event of this stream has reached the read model.</p>
        )}
        <Facts
          facts={[
            ["Events", <Num value={version} />],
            last && ["Last changed", <When at={last.at} />],
            ["Stream", <Id value={stream} href={streamHref(stream)} />],
            ...related.map((category) => {
              const other = streamName(category, id);
              return [titleOf(category), <Id value={other} href={streamHref(other)} />] as const;
            }),
          ]}
        />
      </Section>
      {!located.ok && <ProblemNotice failure={located.failure} />}
      <Section id="life" title="Its life">
        <Timeline life={life} />
      </Section>
      <Section id="why" title="How it came to be so">
        <Steps steps={steps} stream={stream} noun={model.shown.noun} row={row} />
        {last && last.version < version && (
          <More href={`${itemHref(model, id)}?after=${last.version}`}>Later events</More>
        )}
      </Section>
      {row && (
        <Section id="document" title="What readers get">
          <Value text={JSON.stringify(row.document)} label={`The document of the ${model.shown.noun}`} />
        </Section>
      )}
    </>
  );
}

interface NowProps extends Pick<WholeProps, "model" | "topic"> {
  readonly row: NonNullable<Why["row"]>;
}

function Now({ model, topic, row }: NowProps) {
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
            <RecordLink at={{ topic, partition: row.partition, offset: row.offset }} />
          ),
        ],
      ]}
    />
  );
}
