// A topic's records, the newest first, and a search by key.
import { type Browsed, browseTopic, SCANNED_MAX } from "@millrace/kafka/browse";
import type { ReceivedRecord } from "@millrace/kafka/consume";
import { describeTopic, offsetsAt } from "@millrace/kafka/topics";
import { parsePosition, printPosition } from "@millrace/live/position";
import { Failure } from "@millrace/platform/failure";
import { count } from "@millrace/platform/quantities";
import type { PageContext } from "../context.ts";
import type { Asked, Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import { messagesHref, recordHref, topicHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id, Num, Time } from "../parts/words.tsx";
import { askKafka } from "../sources.ts";

/** On a page. */
const SHOWN_MAX = 50;
/** A search that takes longer shows what it has found, and where to go on. */
const READ_WITHIN_MS = 6_000;
/** Joining and leaving come on top. */
const ANSWER_WITHIN_MS = 15_000;
const PREVIEW_CHARACTERS = 160;

interface Wish {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly key: string | undefined;
  /** As it was written, for the form. */
  readonly at: string | undefined;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
}

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

async function readWish(
  topic: string,
  { url }: Asked,
  offsetsOf: (atMs: number) => Promise<Map<number, number>>,
): Promise<Wish> {
  const given = (name: string) => url.searchParams.get(name)?.trim() || undefined;
  const number = (name: string) => {
    const text = given(name);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const partition = number("partition");
  const offset = number("offset");
  const at = given("at");
  const atMs = at === undefined ? Number.NaN : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(at) ? at : `${at}Z`);
  const before = new Map(parsePosition(given("before") ?? "") ?? []);
  // Up to a time is up to the first record that is not older; where none is, up to the end.
  if (!Number.isNaN(atMs)) {
    for (const [each, first] of await offsetsOf(atMs))
      if (first >= 0 && !before.has(each)) before.set(each, first);
  }
  if (partition !== undefined && offset !== undefined && before.size === 0) before.set(partition, offset + 1);
  return {
    topic,
    partition,
    key: given("key"),
    at: Number.isNaN(atMs) ? undefined : at,
    before,
    after: parsePosition(given("after") ?? "") ?? new Map(),
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
        <div class="field">
          <label for="field-partition">Partition</label>
          <select id="field-partition" name="partition">
            <option value="">all</option>
            {Array.from({ length: partitions }, (_, each) => (
              <option value={String(each)} selected={each === partition}>
                {each}
              </option>
            ))}
          </select>
        </div>
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
      value: ({ timestamp }: ReceivedRecord) => <Time at={new Date(Number(timestamp)).toISOString()} />,
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

function hrefOf(
  wish: Wish,
  before: ReadonlyMap<number, number>,
  after?: ReadonlyMap<number, number>,
): string {
  const query = new URLSearchParams();
  if (wish.key !== undefined) query.set("key", wish.key);
  if (wish.partition !== undefined) query.set("partition", String(wish.partition));
  query.set("before", printPosition(before));
  if (after) query.set("after", printPosition(after));
  return `${messagesHref(wish.topic)}?${query}`;
}
