// One field for everything: goes where exactly one thing is meant, else says where it may be.

import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { listTopics } from "@millrace/kafka/topics";
import { shop } from "@millrace/shop/shop";
import { findStreams, type StreamSummary } from "@millrace/store/browse";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { correlationHref, messagesHref, orderHref, streamHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";
import { askKafka, askPostgres, part } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 10;
const CATEGORIES = shop.kafkaNames.categories;

/** Where exactly this stands; undefined where it may be several things, or none. */
export async function whereIs({ sql, kafka }: PageContext, sought: string): Promise<string | undefined> {
  if (sought === "") return "/orders";
  const order = await askPostgres("looking for an order", exactly(sql, streamName("order", sought)));
  if (order) return orderHref(sought);
  const stream = await askPostgres("looking for a stream", exactly(sql, sought));
  if (stream)
    return sought.startsWith("order-") ? orderHref(sought.slice("order-".length)) : streamHref(sought);
  const topics = await part(askKafka("listing topics", listTopics(kafka)));
  return topics.ok && topics.value.some(({ topic }) => topic === sought) ? topicHref(sought) : undefined;
}

export function foundPage({ sql }: PageContext): Page {
  return {
    path: "/find",
    section: "",
    async show({ url }) {
      const sought = textIn(url, "q");
      const prefixes = [sought, ...CATEGORIES.map((category) => streamName(category, sought))];
      const found = await Promise.all(
        prefixes.map((prefix) =>
          askPostgres("looking for streams", findStreams(sql, { prefix, limit: SHOWN_MAX })),
        ),
      );
      return { title: "Find", body: <Found sought={sought} streams={found.flat()} /> };
    },
  };
}

function Found({ sought, streams }: { sought: string; streams: readonly StreamSummary[] }) {
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
          {CATEGORIES.map((category) => (
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
