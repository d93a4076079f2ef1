// A topic's records, the newest first, and a search by key.
import { type Browsed, SCANNED_MAX } from "@millrace/kafka/browse";
import { producedAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { offsetsAt } from "@millrace/kafka/topics";
import { count } from "@millrace/platform/quantities";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Choice, Field, Filters } from "../parts/form.tsx";
import { keyHref, messagesHref, recordHref, topicHref } from "../parts/links.ts";
import { More } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Id, Num, Time } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";
import { hrefOf, readWish, type Wish } from "./message-wish.ts";
import { knownTopic, readTopic } from "./read-topic.ts";

/** Records on one page. */
const SHOWN_MAX = 50;
const PREVIEW_CHARACTERS = 160;

export function messagesPage(context: PageContext): Page {
  const { kafka } = context;
  return {
    path: "/topics/:topic/messages",
    section: "Topics",
    async show({ parameters: { topic = "" }, url }) {
      await knownTopic(context, topic);
      const wish = await readWish(topic, url, (atMs) =>
        askKafka("looking for a time", offsetsAt(kafka, topic, atMs)),
      );
      const { partition, key, before, after } = wish;
      const browsed = await readTopic(context, {
        ...{ topic, before, after, limit: SHOWN_MAX },
        ...(partition !== undefined && { partition }),
        ...(key !== undefined && { key }),
      });
      return {
        title: `Messages of ${topic}`,
        controls: <Controls wish={wish} partitions={browsed.partitions.length} />,
        body: <Messages wish={wish} browsed={browsed} />,
      };
    },
  };
}

function Controls({ wish, partitions }: { wish: Wish; partitions: number }) {
  const { topic, key, partition, at } = wish;
  return (
    <>
      <p class="crumbs">
        <a href={topicHref(topic)}>About {topic}</a>
      </p>
      <Filters action={messagesHref(topic)}>
        <Field name="key" label="Key" value={key} hint="any" wide />
        <Choice
          name="partition"
          label="Partition"
          options={Array.from({ length: partitions }, (_, each) => String(each))}
          chosen={partition?.toString()}
          none="all"
        />
        <Field name="offset" label="Back from offset" hint="the end" />
        <Field name="at" label="Back from time, UTC" value={at} hint="2026-01-31T12:00" />
      </Filters>
    </>
  );
}

function Messages({ wish, browsed }: { wish: Wish; browsed: Browsed }) {
  const { records, next, scanned, unread } = browsed;
  return (
    <>
      <p class="summary">{summaryOf(wish, browsed)}</p>
      {unread && (
        <p class="notice warn">
          Not everything was read: Kafka took longer than a page waits.{" "}
          <a href={hrefOf(wish, at(unread.partition, unread.to), at(unread.partition, unread.from))}>
            Read the rest: offsets {count(unread.from)} to {count(unread.to - 1)}
          </a>
        </p>
      )}
      <Table
        caption={`Messages of ${wish.topic}, the newest first`}
        captionHidden
        rows={records}
        columns={columnsOf(wish.topic)}
        empty={
          wish.key === undefined
            ? "Kafka keeps no records here."
            : `None of these records has the key ${wish.key}.`
        }
      />
      {next && (
        <More href={hrefOf(wish, next)}>
          {wish.key === undefined ? "Older records" : `Go on: look through ${count(SCANNED_MAX)} older ones`}
        </More>
      )}
      {!next && scanned > 0 && <p class="pages end">Kafka keeps no older records.</p>}
    </>
  );
}

function at(partition: number, offset: number): ReadonlyMap<number, number> {
  return new Map([[partition, offset]]);
}

function summaryOf({ key }: Wish, { records, partitions, scanned }: Browsed): string {
  if (key === undefined) {
    const kept = partitions.reduce((sum, { low, high }) => sum + high - low, 0);
    return `${count(records.length)} of ${count(kept)} records, the newest first.`;
  }
  return `${count(records.length)} with the key ${key} among ${count(scanned)} records of the key's partition.`;
}

function columnsOf(topic: string) {
  return [
    {
      title: "Record",
      head: true,
      value: ({ partition, offset }: ReceivedRecord) => (
        <a href={recordHref({ topic, partition, offset })}>
          {partition} / <Num value={offset} />
        </a>
      ),
    },
    {
      title: "Time",
      value: (record: ReceivedRecord) => {
        const at = producedAt(record);
        return at === undefined ? <span class="none">no time: {record.timestamp}</span> : <Time at={at} />;
      },
    },
    {
      title: "Key",
      value: ({ key }: ReceivedRecord) =>
        key === null ? <span class="none">none</span> : <Id value={key} href={keyHref(topic, key)} />,
    },
    {
      title: "Type",
      long: true,
      value: ({ headers }: ReceivedRecord) => headers.ce_type ?? <span class="none">none</span>,
    },
    {
      title: "Value",
      long: true,
      value: ({ value }: ReceivedRecord) => <code class="preview">{preview(value)}</code>,
    },
  ];
}

function preview(value: string | null): string {
  if (value === null) return "(tombstone)";
  return value.length > PREVIEW_CHARACTERS ? `${value.slice(0, PREVIEW_CHARACTERS)}…` : value;
}
