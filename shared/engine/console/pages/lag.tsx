import { count } from "@millrace/platform/quantities";
import { type Lag, readLag } from "@millrace/projector/lag";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { recordHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Chip, Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

const EVERY_MS = 2_000;

export function lagPage({ sql, kafka }: PageContext): Page {
  return {
    path: "/lag",
    section: "Lag",
    live: { everyMs: EVERY_MS },
    async show() {
      const rows = await askKafka("reading lag", readLag({ sql, kafka }));
      return {
        title: "Lag",
        about:
          "How far everything that reads a topic is behind. A checkpoint in Postgres is what counts; a consumer group's offset in Kafka may only tell.",
        body: <Readers rows={rows} />,
      };
    },
  };
}

function Readers({ rows }: { rows: readonly Lag[] }) {
  const readers = [...Map.groupBy(rows, ({ kind, name }) => `${kind} ${name}`)];
  if (readers.length === 0) return <p class="empty">Nobody reads anything yet.</p>;
  return (
    <>
      {readers.map(([reader, lags]) => {
        const behind = lags.reduce((sum, { lag }) => sum + lag, 0);
        const id = reader.replaceAll(/[^a-z0-9]+/gi, "-");
        return (
          <section aria-labelledby={id}>
            <h2 id={id}>
              {lags[0]?.name}{" "}
              <span class="kind">{lags[0]?.kind === "group" ? "consumer group" : "checkpoint"}</span>{" "}
              <LagChip lag={behind} />
            </h2>
            <LagTable rows={lags} caption={reader} withTopic withReader={false} />
          </section>
        );
      })}
    </>
  );
}

export function LagTable(props: {
  rows: readonly Lag[];
  caption: string;
  withTopic: boolean;
  withReader?: boolean;
}) {
  const { rows, caption, withTopic, withReader = true } = props;
  return (
    <Table
      caption={caption}
      captionHidden
      rows={rows}
      keyOf={({ kind, name, topic, partition }) => `${kind} ${name} ${topic} ${partition}`}
      columns={[
        ...(withReader
          ? [
              {
                title: "Reader",
                head: true,
                value: ({ kind, name }: Lag) => (
                  <>
                    {name} <span class="kind">{kind === "group" ? "group" : "checkpoint"}</span>
                  </>
                ),
              },
            ]
          : []),
        ...(withTopic
          ? [
              {
                title: "Topic",
                head: !withReader,
                value: ({ topic }: Lag) => <a href={topicHref(topic)}>{topic}</a>,
              },
            ]
          : []),
        { title: "Partition", right: true, value: ({ partition }) => <Num value={partition} /> },
        {
          title: "Next offset",
          right: true,
          value: (row) =>
            row.offset < row.end ? (
              <a href={recordHref(row)}>
                <Num value={row.offset} />
              </a>
            ) : (
              <Num value={row.offset} />
            ),
        },
        { title: "End", right: true, value: ({ end }) => <Num value={end} /> },
        { title: "Behind", right: true, value: ({ lag }) => <LagChip lag={lag} /> },
      ]}
      empty="Nobody reads it."
    />
  );
}

function LagChip({ lag }: { lag: number }) {
  return <Chip tone={lag === 0 ? "good" : "busy"}>{lag === 0 ? "level" : `${count(lag)} behind`}</Chip>;
}
