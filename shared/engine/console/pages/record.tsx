// One record, whole: its place, its headers decoded, its value.
import { browseTopic } from "@millrace/kafka/browse";
import { producedAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { describeTopic } from "@millrace/kafka/topics";
import { Failure } from "@millrace/platform/failure";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Headers } from "../parts/headers.tsx";
import { Value } from "../parts/json.tsx";
import { messagesHref, recordHref, topicHref } from "../parts/links.ts";
import { Facts } from "../parts/table.tsx";
import { Ago, Id, Num, Time } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

const READ_WITHIN_MS = 6_000;
const ANSWER_WITHIN_MS = 15_000;

export function recordPage({ kafka, log }: PageContext): Page {
  return {
    path: "/topics/:topic/:partition/:offset",
    section: "Topics",
    async show({ parameters: { topic = "", partition = "", offset = "" } }) {
      const place = placeOf(topic, partition, offset);
      const known = await askKafka("looking for the topic", describeTopic(kafka, topic));
      if (!known) throw new Failure("topic_not_found", `There is no topic ${topic}`, false);
      const kept = known.partitions.find((each) => each.partition === place.partition);
      if (!kept || place.offset < kept.low || place.offset >= kept.high) throw notFound(place);
      const { records } = await askKafka(
        "reading a record",
        browseTopic(kafka, {
          topic,
          partition: place.partition,
          before: new Map([[place.partition, place.offset + 1]]),
          limit: 1,
          log,
          signal: AbortSignal.timeout(READ_WITHIN_MS),
        }),
        ANSWER_WITHIN_MS,
      );
      const [record] = records;
      if (record?.offset !== place.offset) throw notFound(place);
      return {
        title: `${topic} ${place.partition} / ${place.offset}`,
        body: (
          <RecordPage
            topic={topic}
            record={record}
            isFirst={place.offset === kept.low}
            isLast={place.offset === kept.high - 1}
          />
        ),
      };
    },
  };
}

interface PlaceAt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

function placeOf(topic: string, partition: string, offset: string): PlaceAt {
  if (!/^\d{1,9}$/.test(partition) || !/^\d{1,15}$/.test(offset)) {
    throw new Failure("record_not_found", "That is no place of a record", false);
  }
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function notFound({ topic, partition, offset }: PlaceAt): Failure {
  return new Failure("record_not_found", `${topic}/${partition} keeps no record at ${offset}`, false);
}

function RecordPage(props: { topic: string; record: ReceivedRecord; isFirst: boolean; isLast: boolean }) {
  const { topic, record, isFirst, isLast } = props;
  const { partition, offset, key, headers, value, timestamp } = record;
  const at = producedAt(record);
  return (
    <>
      <nav class="pages" aria-label="Records">
        {!isFirst && (
          <a class="button plain" href={recordHref({ topic, partition, offset: offset - 1 })}>
            Previous
          </a>
        )}
        {!isLast && (
          <a class="button plain" href={recordHref({ topic, partition, offset: offset + 1 })}>
            Next
          </a>
        )}
      </nav>
      <div class="card">
        <Facts
          facts={[
            ["Topic", <a href={topicHref(topic)}>{topic}</a>],
            ["Partition", <a href={`${messagesHref(topic)}?partition=${partition}`}>{partition}</a>],
            ["Offset", <Num value={offset} />],
            [
              "Key",
              key === null ? (
                <span class="none">none</span>
              ) : (
                <Id value={key} href={`${messagesHref(topic)}?key=${encodeURIComponent(key)}`} />
              ),
            ],
            [
              "Time",
              at === undefined ? (
                <span class="none">no time: {timestamp}</span>
              ) : (
                <>
                  <Time at={at} /> · <Ago at={at} />
                </>
              ),
            ],
          ]}
        />
      </div>
      <section aria-labelledby="headers">
        <h2 id="headers">Headers</h2>
        <Headers headers={headers} />
      </section>
      <section aria-labelledby="value">
        <h2 id="value">Value</h2>
        <Value text={value} label="The record's value" />
      </section>
    </>
  );
}
