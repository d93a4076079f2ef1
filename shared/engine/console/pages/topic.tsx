// One topic: its partitions, who reads it and how far they have come, and what was set.
import { describeTopic, type TopicDescription } from "@millrace/kafka/topics";
import { Failure } from "@millrace/platform/failure";
import { type Lag, readLag } from "@millrace/projector/lag";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import { messagesHref } from "../parts/links.ts";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, Num } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";
import { LagTable } from "./lag.tsx";

const EVERY_MS = 5_000;

export function topicPage({ sql, kafka }: PageContext): Page {
  return {
    path: "/topics/:topic",
    section: "Topics",
    live: { everyMs: EVERY_MS },
    async show({ parameters: { topic = "" } }) {
      const described = await askKafka(`describing ${topic}`, describeTopic(kafka, topic));
      if (!described) throw new Failure("topic_not_found", `There is no topic ${topic}`, false);
      const lag = await askKafka("reading lag", readLag({ sql, kafka }));
      const readers = lag.filter((each) => each.topic === described.topic);
      return {
        title: described.topic,
        controls: <Controls topic={topic} />,
        body: <Topic described={described} readers={readers} />,
      };
    },
  };
}

function Controls({ topic }: { topic: string }) {
  return (
    <form class="controls" action={messagesHref(topic)}>
      <Field name="key" label="Messages with the key" hint="an order's id, for instance" wide />
      <button type="submit" class="button primary">
        Show messages
      </button>
    </form>
  );
}

function Topic({ described, readers }: { described: TopicDescription; readers: readonly Lag[] }) {
  const { topic, partitions, settings } = described;
  return (
    <>
      <section aria-labelledby="partitions">
        <h2 id="partitions">Partitions</h2>
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
          empty="It has no partitions."
        />
      </section>
      <section aria-labelledby="readers">
        <h2 id="readers">Readers</h2>
        <LagTable rows={readers} caption={`Readers of ${topic}`} withTopic={false} />
      </section>
      <section aria-labelledby="settings">
        <h2 id="settings">Settings</h2>
        {Object.keys(settings).length === 0 ? (
          <p class="empty">Nothing is set: the broker's defaults hold.</p>
        ) : (
          <Facts
            facts={Object.entries(settings).map(([name, value]) => [name, <code>{value}</code>] as const)}
          />
        )}
      </section>
    </>
  );
}
