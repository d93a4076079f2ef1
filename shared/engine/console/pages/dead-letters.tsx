// Dead letters: records that could not be handled, and those that wait behind them.
import {
  type DeadLetter,
  listDeadLetters,
  type ParkedKey,
  parkedKeyCounts,
} from "@millrace/projector/dead-letter";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Field, Filters } from "../parts/form.tsx";
import { letterHref, lettersHref } from "../parts/links.ts";
import { More, Section } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, RecordLink } from "../parts/words.tsx";
import { hrefFrom, numberIn, textIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;
const KEYS_SHOWN_MAX = 20;

export function deadLettersPage({ db }: PageContext): Page {
  return {
    path: "/dead-letters",
    section: "Dead letters",
    live: EACH_TWO_SECONDS,
    async show({ url }) {
      const [projection, key, after] = [
        textIn(url, "projection"),
        textIn(url, "key"),
        numberIn(url, "after"),
      ];
      const filter = {
        limit: SHOWN_MAX,
        ...(projection && { projection }),
        ...(key && { key }),
        ...(after && { after }),
      };
      const [letters, keys] = await Promise.all([
        askPostgres("listing parked records", listDeadLetters(db, filter)),
        askPostgres("counting parked records", parkedKeyCounts(db, KEYS_SHOWN_MAX)),
      ]);
      const last = letters.at(-1);
      return {
        title: "Dead letters",
        about:
          "A record that can't be handled is parked with its cause, and later records of its key wait behind it. A retry handles all records of the key, in order; a discard drops one record for good.",
        controls: (
          <Filters action="/dead-letters">
            <Field name="projection" label="Reader" value={projection} hint="any" />
            <Field name="key" label="Key" value={key} hint="any" wide />
          </Filters>
        ),
        body: (
          <>
            <LetterTable letters={letters} />
            {letters.length === SHOWN_MAX && last && (
              <More href={hrefFrom(url, "after", last.id)}>Later records</More>
            )}
            {keys.length > 0 && (
              <Section id="keys" title="By key">
                <KeyTable keys={keys} />
              </Section>
            )}
          </>
        ),
      };
    },
  };
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
          value: (letter) => <RecordLink at={letter} />,
        },
        { title: "Key", value: ({ key }) => <Id value={key} /> },
        { title: "State", value: (letter) => <LetterChip letter={letter} /> },
        { title: "Cause", long: true, value: ({ cause }) => cause },
        { title: "Parked", value: ({ parkedAt }) => <Ago at={parkedAt} /> },
      ]}
      empty="No record is parked."
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
          value: ({ projection, key }) => <Id value={key} href={lettersHref(projection, key)} />,
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
