// A topic's records, the newest first, and a search by key.
import { type Browsed, browseTopic, SCANNED_MAX } from "@millrace/kafka/browse";
import { producedAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { describeTopic, offsetsAt } from "@millrace/kafka/topics";
import { Failure } from "@millrace/platform/failure";
import { count } from "@millrace/platform/quantities";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Choice, Field } from "../parts/form.tsx";
import { messagesHref, recordHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id, Num, Time } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";
import { hrefOf, readWish, type Wish } from "./message-wish.ts";

/** On a page. */
const SHOWN_MAX = 50;
/** A search that takes longer shows what it has found, and where to go on. */
const READ_WITHIN_MS = 6_000;
/** Joining and leaving come on top. */
const ANSWER_WITHIN_MS = 15_000;
const PREVIEW_CHARACTERS = 160;

export function messagesPage({ kafka, log }: PageContext): Page {
  return {
    path: "/topics/:topic/messages",
    section: "Topics",
    async show(asked) {
      const topic = asked.parameters.topic ?? "";
      const known = await askKafka("looking for the topic", describeTopic(kafka, topic));
      if (!known) throw new Failure("topic_not_found", `There is no topic ${topic}`, false);
      const wish = await readWish(topic, asked, (atMs) =>
        askKafka("looking for a time", offsetsAt(kafka, topic, atMs)),
      );
      const { partition, key, before, after } = wish;
      const browsed = await askKafka(
        `reading ${topic}`,
        browseTopic(kafka, {
          topic,
          before,
          after,
          limit: SHOWN_MAX,
          log,
          signal: AbortSignal.timeout(READ_WITHIN_MS),
          ...(partition === undefined ? {} : { partition }),
          ...(key === undefined ? {} : { key }),
        }),
        ANSWER_WITHIN_MS,
      );
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
      <form class="controls" action={messagesHref(topic)}>
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
        <button type="submit" class="button primary">
          Show
        </button>
      </form>
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
          Time was up before everything was read.{" "}
          <a
            href={hrefOf(
              wish,
              new Map([[unread.partition, unread.to]]),
              new Map([[unread.partition, unread.from]]),
            )}
          >
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
            ? "No records are kept here."
            : `No record has the key ${wish.key} among these.`
        }
      />
      {next && (
        <p class="pages">
          <a class="button plain" href={hrefOf(wish, next)}>
            {wish.key === undefined
              ? "Older records"
              : `Go on: look through ${count(SCANNED_MAX)} older ones`}
          </a>
        </p>
      )}
      {!next && scanned > 0 && <p class="pages end">That is the first record that is kept.</p>}
    </>
  );
}

function summaryOf({ key }: Wish, { records, partitions, scanned }: Browsed): string {
  if (key === undefined) {
    const kept = partitions.reduce((sum, { low, high }) => sum + high - low, 0);
    return `${count(records.length)} of ${count(kept)} records, the newest first.`;
  }
  return `${count(records.length)} with the key ${key} among ${count(scanned)} records of the partition that Kafka gives it.`;
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
        key === null ? (
          <span class="none">none</span>
        ) : (
          <Id value={key} href={`${messagesHref(topic)}?key=${encodeURIComponent(key)}`} />
        ),
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
