// One field to look for anything: leads to the one thing that is meant, else lists where it may be.
import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { listTopics } from "@millrace/kafka/topics";
import { findStreams, type StreamSummary } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { correlationHref, itemHref, keyHref, streamHref, topicHref, whyHref } from "../parts/links.ts";
import { Section } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";
import { textIn } from "../query.ts";
import { askKafka, askPostgres, part } from "../sources.ts";

const SHOWN_MAX = 10;

/** The page of what is called exactly so; of several read models the first in the shop's order. */
async function whereIs(context: PageContext, sought: string): Promise<string | undefined> {
  const { sql, kafka, models } = context;
  if (sought === "") return `/${models[0]?.name ?? ""}`;
  const isStream = (name: string) => askPostgres("looking for a stream", exactly(sql, name));
  for (const model of models) {
    if (model.past && (await isStream(model.streamPrefix + sought))) return itemHref(model, sought);
  }
  if (await isStream(sought)) return whyHref(models, sought) ?? streamHref(sought);
  const topics = await part(askKafka("listing topics", listTopics(kafka)));
  return topics.ok && topics.value.some(({ topic }) => topic === sought) ? topicHref(sought) : undefined;
}

export function foundPage(context: PageContext): Page {
  const { sql, kafka } = context;
  const { categories } = kafka.names;
  return {
    path: "/find",
    section: "",
    async show({ url }) {
      const sought = textIn(url, "q");
      const exactly = await whereIs(context, sought);
      if (exactly !== undefined) return exactly;
      const prefixes = [sought, ...categories.map((category) => streamName(category, sought))];
      const found = await Promise.all(
        prefixes.map((prefix) =>
          askPostgres("looking for streams", findStreams(sql, { prefix, limit: SHOWN_MAX })),
        ),
      );
      return {
        title: "Find",
        body: <Found sought={sought} streams={found.flat()} categories={categories} />,
      };
    },
  };
}

interface FoundProps {
  readonly sought: string;
  readonly streams: readonly StreamSummary[];
  readonly categories: readonly string[];
}

function Found({ sought, streams, categories }: FoundProps) {
  return (
    <>
      <Table
        caption={`Streams that begin with ${sought}`}
        rows={streams}
        columns={[
          {
            title: "Stream",
            head: true,
            value: ({ stream }) => <Id value={stream} href={streamHref(stream)} />,
          },
          { title: "Last event", value: ({ type }) => type },
        ]}
        empty={`No stream begins with ${sought}.`}
      />
      <Section id="else" title="Where else it may be">
        <ul class="plain-list">
          <li>
            <a href={correlationHref(sought)}>Events of the request {sought}</a>
          </li>
          {categories.map((category) => (
            <li>
              <a href={keyHref(topicOf(category), sought)}>
                Records on {topicOf(category)} with the key {sought}
              </a>
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

async function exactly(sql: PageContext["sql"], stream: string): Promise<boolean> {
  const [found] = await findStreams(sql, { prefix: stream, limit: 1 });
  return found?.stream === stream;
}
