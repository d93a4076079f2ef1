// The parking lot: records that could not be handled, and those that wait behind them.
import {
  type DeadLetter,
  listDeadLetters,
  type ParkedKey,
  parkedKeyCounts,
} from "@millrace/projector/dead-letter";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Field } from "../parts/form.tsx";
import { letterHref, recordHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Ago, Chip, Id, Num } from "../parts/words.tsx";
import { saidIn } from "../said.ts";
import { askPostgres } from "../sources.ts";
import { textIn } from "./streams.tsx";

const SHOWN_MAX = 50;
const KEYS_SHOWN_MAX = 20;
const EVERY_MS = 2_000;

export function deadLettersPage({ db }: PageContext): Page {
  return {
    path: "/dead-letters",
    section: "Dead letters",
    live: { everyMs: EVERY_MS },
    async show({ url }) {
      const [projection, key] = [textIn(url, "projection"), textIn(url, "key")];
      const after = Number(url.searchParams.get("after")) || undefined;
      const filter = {
        limit: SHOWN_MAX,
        ...(projection === "" ? {} : { projection }),
        ...(key === "" ? {} : { key }),
        ...(after === undefined ? {} : { after }),
      };
      const [letters, keys] = await Promise.all([
        askPostgres("listing parked records", listDeadLetters(db, filter)),
        askPostgres("counting parked records", parkedKeyCounts(db, KEYS_SHOWN_MAX)),
      ]);
      const said = saidIn(url);
      return {
        title: "Dead letters",
        about:
          "A record that can't be handled is parked with its cause, and later records of its key wait behind it. A retry takes a key's records in, in order; a discard drops one for good.",
        controls: (
          <>
            {said && <p class={`notice ${said.tone}`}>{said.text}</p>}
            <Controls projection={projection} key_={key} />
          </>
        ),
        body: <Letters letters={letters} keys={keys} older={`/dead-letters?${moreQuery(url, letters)}`} />,
      };
    },
  };
}

function moreQuery(url: URL, letters: readonly DeadLetter[]): string {
  const query = new URLSearchParams(url.searchParams);
  query.delete("said");
  query.set("after", String(letters.at(-1)?.id ?? 0));
  return String(query);
}

function Controls({ projection, key_ }: { projection: string; key_: string }) {
  return (
    <form class="controls" action="/dead-letters">
      <Field name="projection" label="Reader" value={projection} hint="any" />
      <Field name="key" label="Key" value={key_} hint="any" wide />
      <button type="submit" class="button primary">
        Show
      </button>
    </form>
  );
}

function Letters(props: { letters: readonly DeadLetter[]; keys: readonly ParkedKey[]; older: string }) {
  const { letters, keys, older } = props;
  return (
    <>
      <LetterTable letters={letters} />
      {letters.length === SHOWN_MAX && (
        <p class="pages">
          <a class="button plain" href={older}>
            Later ones
          </a>
        </p>
      )}
      {keys.length > 0 && (
        <section aria-labelledby="keys">
          <h2 id="keys">By key</h2>
          <KeyTable keys={keys} />
        </section>
      )}
    </>
  );
}

function LetterTable({ letters }: { letters: readonly DeadLetter[] }) {
  return (
    <Table
      caption="Parked records, the oldest first"
      captionHidden
      rows={letters}
      keyOf={({ id }) => String(id)}
      columns={[
        {
          title: "Number",
          head: true,
          value: ({ id }) => (
            <a href={letterHref(id)}>
              <span class="visually-hidden">Record </span>
              {id}
            </a>
          ),
        },
        { title: "Reader", value: ({ projection }) => projection },
        {
          title: "Record",
          value: (letter) => (
            <a href={recordHref(letter)}>
              {letter.topic} {letter.partition} / <Num value={letter.offset} />
            </a>
          ),
        },
        { title: "Key", value: ({ key }) => <Id value={key} /> },
        { title: "State", value: (letter) => <LetterChip letter={letter} /> },
        { title: "Cause", long: true, value: ({ cause }) => cause },
        { title: "Parked", value: ({ parkedAt }) => <Ago at={isoOf(parkedAt)} /> },
      ]}
      empty="Nothing is parked."
    />
  );
}

export function LetterChip({ letter: { kind, requested } }: { letter: DeadLetter }) {
  if (requested !== null) return <Chip tone="busy">{requested} asked for</Chip>;
  return <Chip tone={kind === "failed" ? "bad" : "warn"}>{kind}</Chip>;
}

function KeyTable({ keys }: { keys: readonly ParkedKey[] }) {
  return (
    <Table
      caption="Keys with parked records"
      captionHidden
      rows={keys}
      keyOf={({ projection, topic, key }) => `${projection} ${topic} ${key}`}
      columns={[
        {
          title: "Key",
          head: true,
          value: ({ projection, key }) => (
            <Id value={key} href={`/dead-letters?${new URLSearchParams({ projection, key })}`} />
          ),
        },
        { title: "Reader", value: ({ projection }) => projection },
        { title: "Topic", value: ({ topic }) => topic },
        { title: "Failed", right: true, value: ({ failed }) => <Num value={failed} /> },
        { title: "Waiting behind", right: true, value: ({ waiting }) => <Num value={waiting} /> },
        { title: "Since", value: ({ since }) => <Ago at={since} /> },
      ]}
      empty=""
    />
  );
}

/** Postgres' own text of an instant. */
export function isoOf(timestamp: string): string {
  return new Date(timestamp).toISOString();
}
