// One field for everything: goes where exactly one thing is meant, else says where it may be.

import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { listTopics } from "@millrace/kafka/topics";
import { findStreams, type StreamSummary } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { correlationHref, itemHref, messagesHref, streamHref, topicHref, whyHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";
import { askKafka, askPostgres, part } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 10;

/** Where exactly this stands, and of things with one id the first in the shop's order; undefined where it may be several things, or none. */
export async function whereIs(context: PageContext, sought: string): Promise<string | undefined> {
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

export function foundPage({ sql, kafka }: PageContext): Page {
  const { categories } = kafka.names;
  return {
    path: "/find",
    section: "",
    async show({ url }) {
      const sought = textIn(url, "q");
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
      <section aria-labelledby="else">
        <h2 id="else">Where else it may be</h2>
        <ul class="plain-list">
          <li>
            <a href={correlationHref(sought)}>Events of the request {sought}</a>
          </li>
          {categories.map((category) => (
            <li>
              <a href={`${messagesHref(topicOf(category))}?key=${encodeURIComponent(sought)}`}>
                Records on {topicOf(category)} with the key {sought}
              </a>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

async function exactly(sql: PageContext["sql"], stream: string): Promise<boolean> {
  const [found] = await findStreams(sql, { prefix: stream, limit: 1 });
  return found?.stream === stream;
}
