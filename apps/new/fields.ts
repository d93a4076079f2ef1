// Fields as they are given on the command line, and what each kind of them is in code.
import { isWordOfTheLanguage } from "./names.ts";
import { Refusal } from "./refusal.ts";

export interface Field {
  readonly name: string;
  readonly kind: Kind;
}

interface KindInCode {
  readonly type: string;
  /** In a body. */
  readonly word: string;
  /** In the store and on the wire. */
  readonly stored: string;
  /** In a document. */
  readonly shown: string;
  /** As a column, by the column's name. */
  readonly column: (name: string) => string;
  /** In a body: one, and another. */
  readonly examples: readonly [string, string];
  /** The same in the store. */
  readonly storedExamples: readonly [string, string];
}

const same = (one: string, other: string) =>
  ({ examples: [one, other], storedExamples: [one, other] }) satisfies Partial<KindInCode>;

export const KINDS = {
  text: {
    type: "string",
    word: "name",
    stored: "v.string()",
    shown: "v.string()",
    column: (name) => `text(${name})`,
    ...same('"one"', '"another"'),
  },
  integer: {
    type: "number",
    word: 'v.pipe(v.number(), v.safeInteger("Must be a whole number that JSON carries exactly"))',
    stored: "v.number()",
    shown: "v.pipe(v.number(), v.integer())",
    column: (name) => `bigint(${name === "" ? "" : `${name}, `}{ mode: "number" })`,
    ...same("1", "2"),
  },
  boolean: {
    type: "boolean",
    word: "v.boolean()",
    stored: "v.boolean()",
    shown: "v.boolean()",
    column: (name) => `boolean(${name})`,
    ...same("true", "false"),
  },
  time: {
    type: "string",
    word: "instant",
    stored: "v.string()",
    shown: "time",
    column: (name) => `milliseconds(${name})`,
    ...same('"2026-01-31T12:00:00.000Z"', '"2026-02-01T12:00:00.000Z"'),
  },
  money: {
    type: "MinorUnits",
    word: "money",
    stored: "v.number()",
    shown: "moneyShown",
    column: (name) => `bigint(${name === "" ? "" : `${name}, `}{ mode: "number" })`,
    examples: ["19.99", "5"],
    storedExamples: ["1999", "500"],
  },
} as const satisfies Readonly<Record<string, KindInCode>>;

export type Kind = keyof typeof KINDS;

/** Names that every document or row has already. */
const TAKEN = [
  "id",
  "version",
  "createdAt",
  "updatedAt",
  "currency",
  "exists",
  "deleted",
  "document",
  "partition",
  "offset",
  "change",
  "type",
];
/** Most fields of an aggregate: what has more is several. */
const FIELDS_MAX = 30;

/** `carrier:text,weight:integer`. @throws Refusal that says what is wrong with which */
export function fieldsOf(list: string): Field[] {
  const fields = list.split(",").map((each) => fieldOf(each.trim()));
  const twice = fields.find(({ name }, index) => fields.findIndex((field) => field.name === name) !== index);
  if (twice) throw new Refusal(`The field ${twice.name} is named twice`);
  if (fields.length > FIELDS_MAX) throw new Refusal(`${fields.length} fields are more than ${FIELDS_MAX}`);
  return fields;
}

function fieldOf(written: string): Field {
  const [name = "", kind = "text", ...more] = written.split(":");
  if (more.length > 0 || !/^[a-z][A-Za-z0-9]{0,39}$/.test(name) || isWordOfTheLanguage(name)) {
    throw new Refusal(`"${written}" is no field: expected a name and a kind, such as weight:integer`);
  }
  if (TAKEN.includes(name))
    throw new Refusal(`Every document has a field ${name} already, or can't have one`);
  if (!Object.hasOwn(KINDS, kind)) {
    throw new Refusal(`"${kind}" is no kind of field: expected ${Object.keys(KINDS).join(", ")}`);
  }
  return { name, kind: kind as Kind };
}

/** A column's name in the table: gross_weight of grossWeight. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
