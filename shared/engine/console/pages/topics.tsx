// The topics of the cluster.
import { listTopics, type TopicSummary } from "@millrace/kafka/topics";
import type { PageContext } from "../context.ts";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { messagesHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

export function topicsPage({ kafka }: PageContext): Page {
  return {
    path: "/topics",
    section: "Topics",
    live: EACH_FIVE_SECONDS,
    async show() {
      const topics = await askKafka("listing topics", listTopics(kafka));
      return {
        title: "Topics",
        about: "The topics of the cluster, without Kafka's own.",
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
      empty="There are no topics yet: migrating, as bun run dev does, creates them."
    />
  );
}
