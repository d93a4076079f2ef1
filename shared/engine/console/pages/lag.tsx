// How far each reader is behind, by partition.
import { count } from "@millrace/platform/quantities";
import { type Lag, readLag } from "@millrace/projector/lag";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { recordHref, topicHref } from "../parts/links.ts";
import { idOf, Section } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Chip, Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

export function lagPage({ sql, kafka }: PageContext): Page {
  return {
    path: "/lag",
    section: "Lag",
    live: EACH_TWO_SECONDS,
    async show() {
      const rows = await askKafka("reading lag", readLag({ sql, kafka }));
      return {
        title: "Lag",
        about:
          "How far each reader of a topic is behind. The checkpoint in Postgres decides where a reader goes on; the offset of a consumer group in Kafka is only shown.",
        body: <Readers rows={rows} />,
      };
    },
  };
}

function Readers({ rows }: { rows: readonly Lag[] }) {
  const readers = [...Map.groupBy(rows, ({ kind, name }) => `${kind} ${name}`)];
  if (readers.length === 0) return <p class="empty">No reader has a checkpoint yet.</p>;
  return (
    <>
      {readers.map(([reader, lags]) => {
        const behind = lags.reduce((sum, { lag }) => sum + lag, 0);
        return (
          <Section
            id={idOf(reader)}
            title={lags[0] && <Reader of={lags[0]} />}
            chip={<LagChip lag={behind} />}
          >
            <LagTable rows={lags} caption={reader} />
          </Section>
        );
      })}
    </>
  );
}

function Reader({ of: { kind, name } }: { of: Lag }) {
  return (
    <>
      {name} <span class="kind">{kind === "group" ? "consumer group" : "checkpoint"}</span>
    </>
  );
}

/** The partitions of one reader, or of one topic. */
export function LagTable(props: { rows: readonly Lag[]; caption: string; isOfTopic?: boolean }) {
  const { rows, caption, isOfTopic = false } = props;
  return (
    <Table
      caption={caption}
      captionHidden
      rows={rows}
      keyOf={({ kind, name, topic, partition }) => `${kind} ${name} ${topic} ${partition}`}
      columns={[
        isOfTopic
          ? { title: "Reader", head: true, value: (row) => <Reader of={row} /> }
          : { title: "Topic", head: true, value: ({ topic }) => <a href={topicHref(topic)}>{topic}</a> },
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
      empty="Nothing reads this topic."
    />
  );
}

function LagChip({ lag }: { lag: number }) {
  return <Chip tone={lag === 0 ? "good" : "busy"}>{lag === 0 ? "level" : `${count(lag)} behind`}</Chip>;
}
