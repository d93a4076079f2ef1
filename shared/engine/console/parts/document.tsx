// Documents in tables and as facts: the schema of each field decides how it is shown.
import type { Child } from "hono/jsx";
import type * as v from "valibot";
import { money, time } from "@millrace/read-models/document-fields";
import type { ReadModel } from "@millrace/read-models/read-model";
import { itemHref } from "./links.ts";
import type { Column } from "./table.tsx";
import { Ago, Chip, Id, Num } from "./words.tsx";

/** Most fields that a table has room for, beside those that every document has. */
const WORDS_MAX = 5;

export interface ShownRow {
  readonly words: Readonly<Record<string, unknown>>;
  readonly deleted: boolean;
}

export function shownRow(document: string, deleted = false): ShownRow {
  return { words: JSON.parse(document), deleted };
}

export const idOf = ({ words }: ShownRow) => String(words.id);

/** A name as people read it: thingId is Thing id, line-items is Line items. */
export function titleOf(name: string): string {
  const words = name
    .replaceAll("-", " ")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}

export function columnsOf(model: ReadModel): Column<ShownRow>[] {
  const { noun, versioned } = model.shown;
  const head: Column<ShownRow> = {
    title: titleOf(noun),
    head: true,
    value: (row) => <Id value={idOf(row)} href={itemHref(model, idOf(row))} />,
  };
  const words = wordsOf(model).slice(0, WORDS_MAX);
  const ofStreams: Column<ShownRow>[] = [
    { title: "Version", right: true, value: ({ words: { version } }) => <Num value={version as number} /> },
    { title: "Changed", value: ({ words: { updatedAt } }) => <Ago at={updatedAt as string} /> },
  ];
  return [head, ...words, ...(versioned ? ofStreams : [])];
}

export function factsOf(model: ReadModel, row: ShownRow): [name: Child, value: Child][] {
  return wordsOf(model).map(({ title, value }) => [title, value(row)]);
}

const OF_EVERY_DOCUMENT = ["id", "version", "createdAt", "updatedAt"];

/** Fields that are no lists or objects. An amount is shown with its currency; in a deleted row the first state says DELETED. */
function wordsOf({ shown: { schema, tones } }: ReadModel): Column<ShownRow>[] {
  const entries = Object.entries(entriesOf(schema)).map(([name, entry]) => ({ name, is: bare(entry) }));
  const state = entries.find(({ is }) => is.type === "picklist")?.is;
  const hasMoney = entries.some(({ is }) => is === money);
  return entries
    .filter(
      ({ name, is }) =>
        SINGLE.has(is.type) && !OF_EVERY_DOCUMENT.includes(name) && !(hasMoney && name === "currency"),
    )
    .map(({ name, is }) => ({
      title: titleOf(name),
      right: is.type === "number",
      value({ words, deleted }) {
        const value = words[name];
        if (value === undefined || value === null) return <span class="none">none</span>;
        if (is === money)
          return <span class="num">{amountOf(Number(value), String(words.currency ?? ""))}</span>;
        if (is === time) return <Ago at={String(value)} />;
        if (is.type === "picklist") {
          return deleted && is === state ? (
            <Chip tone="warn">DELETED</Chip>
          ) : (
            <Word word={String(value)} tones={tones} />
          );
        }
        if (typeof value === "number") return <Num value={value} />;
        if (typeof value === "boolean") return value ? "yes" : "no";
        return String(value);
      },
    }));
}

export function Word({ word, tones }: { word: string } & Pick<ReadModel["shown"], "tones">) {
  return <Chip tone={tones[word] ?? "calm"}>{word}</Chip>;
}

const SINGLE: ReadonlySet<string> = new Set(["string", "number", "boolean", "picklist", "union", "literal"]);

type Schema = v.GenericSchema;

function entriesOf(schema: Schema): Readonly<Record<string, Schema>> {
  return "entries" in schema ? (schema.entries as Record<string, Schema>) : {};
}

/** The schema without what says that the field may be missing. */
function bare(schema: Schema): Schema {
  return "wrapped" in schema ? bare(schema.wrapped as Schema) : schema;
}

function amountOf(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `${amount.toLocaleString("en-US", digits)} ${currency}`.trim();
}

/** Decimals of a currency; two for what is no currency. */
function decimalsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat("en-US", { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}
