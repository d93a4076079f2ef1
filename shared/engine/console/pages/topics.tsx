import { listTopics, type TopicSummary } from "@millrace/kafka/topics";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { messagesHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

const EVERY_MS = 5_000;

export function topicsPage({ kafka }: PageContext): Page {
  return {
    path: "/topics",
    section: "Topics",
    live: { everyMs: EVERY_MS },
    async show() {
      const topics = await askKafka("listing topics", listTopics(kafka));
      return {
        title: "Topics",
        about: "What Kafka holds, without its own topics.",
        body: <Topics topics={topics} />,
      };
    },
  };
}

function Topics({ topics }: { topics: readonly TopicSummary[] }) {
  return (
    <Table
      caption="Topics"
      captionHidden
      rows={topics}
      keyOf={({ topic }) => topic}
      columns={[
        { title: "Topic", head: true, value: ({ topic }) => <a href={topicHref(topic)}>{topic}</a> },
        { title: "Partitions", right: true, value: ({ partitions }) => <Num value={partitions} /> },
        { title: "Copies", right: true, value: ({ replication }) => <Num value={replication} /> },
        {
          title: "Records kept",
          right: true,
          value: ({ records }) =>
            records === undefined ? <span class="none">unknown</span> : <Num value={records} />,
        },
        {
          title: "Messages",
          value: ({ topic }) => (
            <a href={messagesHref(topic)}>
              Browse<span class="visually-hidden"> {topic}</span>
            </a>
          ),
        },
      ]}
      empty="There are no topics yet. The migration creates them."
    />
  );
}
