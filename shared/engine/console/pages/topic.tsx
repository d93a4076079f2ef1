// One topic: its partitions, what reads it and how far behind, and its settings.
import type { TopicDescription } from "@millrace/kafka/topics";
import { type Lag, readLag } from "@millrace/projector/lag";
import type { PageContext } from "../context.ts";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { Field, Filters } from "../parts/form.tsx";
import { messagesHref } from "../parts/links.ts";
import { Section } from "../parts/section.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";
import { LagTable } from "./lag.tsx";
import { knownTopic } from "./read-topic.ts";

export function topicPage(context: PageContext): Page {
  return {
    path: "/topics/:topic",
    section: "Topics",
    live: EACH_FIVE_SECONDS,
    async show({ parameters: { topic = "" } }) {
      const described = await knownTopic(context, topic);
      const lag = await askKafka("reading lag", readLag(context));
      const readers = lag.filter((each) => each.topic === described.topic);
      return {
        title: described.topic,
        controls: (
          <Filters action={messagesHref(topic)} label="Show messages">
            <Field name="key" label="Messages with the key" hint="the id of a stream" wide />
          </Filters>
        ),
        body: <Topic described={described} readers={readers} />,
      };
    },
  };
}

function Topic({ described, readers }: { described: TopicDescription; readers: readonly Lag[] }) {
  const { topic, partitions, settings } = described;
  return (
    <>
      <Section id="partitions" title="Partitions">
        <Table
          caption={`Partitions of ${topic}`}
          captionHidden
          rows={partitions}
          keyOf={({ partition }) => String(partition)}
          columns={[
            {
              title: "Partition",
              head: true,
              value: ({ partition }) => (
                <a href={`${messagesHref(topic)}?partition=${partition}`}>
                  {partition}
                  <span class="visually-hidden">: messages</span>
                </a>
              ),
            },
            { title: "First offset", right: true, value: ({ low }) => <Num value={low} /> },
            { title: "Next offset", right: true, value: ({ high }) => <Num value={high} /> },
            { title: "Records", right: true, value: ({ low, high }) => <Num value={high - low} /> },
            { title: "Leader", right: true, value: ({ leader }) => (leader < 0 ? "none" : leader) },
            {
              title: "In sync",
              value: ({ inSync, replicas }) => (
                <Chip tone={inSync.length === replicas.length ? "good" : "warn"}>
                  {inSync.length} of {replicas.length}
                </Chip>
              ),
            },
          ]}
          empty="The topic has no partitions."
        />
      </Section>
      <Section id="readers" title="Readers">
        <LagTable rows={readers} caption={`Readers of ${topic}`} isOfTopic />
      </Section>
      <Section id="settings" title="Settings">
        {Object.keys(settings).length === 0 ? (
          <p class="empty">No setting of its own: the broker's defaults hold.</p>
        ) : (
          <Facts
            facts={Object.entries(settings).map(([name, value]) => [name, <code>{value}</code>] as const)}
          />
        )}
      </Section>
    </>
  );
}
