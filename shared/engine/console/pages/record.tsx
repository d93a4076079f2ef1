// One record: its place, its headers in words, its value.
import { producedAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { Failure } from "@millrace/platform/failure";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Content } from "../parts/headers.tsx";
import { keyHref, messagesHref, recordHref, topicHref } from "../parts/links.ts";
import { LinkButton } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Id, Num, When } from "../parts/words.tsx";
import { wholeNumber } from "../query.ts";
import { knownTopic, readTopic } from "./read-topic.ts";

export function recordPage(context: PageContext): Page {
  return {
    path: "/topics/:topic/:partition/:offset",
    section: "Topics",
    async show({ parameters }) {
      const { topic = "" } = parameters;
      const [partition, offset] = [wholeNumber(parameters.partition), wholeNumber(parameters.offset)];
      const { partitions } = await knownTopic(context, topic);
      const kept = partitions.find((each) => each.partition === partition);
      const isKept = kept && offset !== undefined && offset >= kept.low && offset < kept.high;
      const { records } = isKept
        ? await readTopic(context, {
            ...{ topic, partition: kept.partition, limit: 1 },
            before: new Map([[kept.partition, offset + 1]]),
          })
        : { records: [] };
      const [record] = records;
      if (!kept || !record || record.offset !== offset) {
        const { partition: at, offset: place } = parameters;
        throw new Failure("record_not_found", `${topic} ${at} keeps no record at ${place}`, false);
      }
      return {
        title: `${topic} ${partition} / ${offset}`,
        body: (
          <RecordPage
            topic={topic}
            record={record}
            isFirst={offset === kept.low}
            isLast={offset === kept.high - 1}
          />
        ),
      };
    },
  };
}

function RecordPage(props: { topic: string; record: ReceivedRecord; isFirst: boolean; isLast: boolean }) {
  const { topic, record, isFirst, isLast } = props;
  const { partition, offset, key, headers, value, timestamp } = record;
  const at = producedAt(record);
  return (
    <>
      <nav class="pages" aria-label="Records">
        {!isFirst && (
          <LinkButton href={recordHref({ topic, partition, offset: offset - 1 })}>Previous</LinkButton>
        )}
        {!isLast && <LinkButton href={recordHref({ topic, partition, offset: offset + 1 })}>Next</LinkButton>}
      </nav>
      <div class="card">
        <Facts
          facts={[
            ["Topic", <a href={topicHref(topic)}>{topic}</a>],
            ["Partition", <a href={`${messagesHref(topic)}?partition=${partition}`}>{partition}</a>],
            ["Offset", <Num value={offset} />],
            [
              "Key",
              key === null ? <span class="none">none</span> : <Id value={key} href={keyHref(topic, key)} />,
            ],
            ["Time", at === undefined ? <span class="none">no time: {timestamp}</span> : <When at={at} />],
          ]}
        />
      </div>
      <Content headers={headers} value={value} />
    </>
  );
}
