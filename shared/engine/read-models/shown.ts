// A read model as its readers get it: documents by id, and in lists.
import type { PgTable } from "drizzle-orm/pg-core";
import type * as v from "valibot";
import type { Sql } from "@millrace/platform/postgres";
import { conditionsOf, type Filter } from "./filters.ts";
import { type Listed, type Page, type PageQuery, readPage } from "./page.ts";
import { createRowLookup, type RowLookup } from "./row-lookup.ts";
import type { RowColumns } from "./rows.ts";
import type { Fragment } from "./within-bytes.ts";

export interface ShownDescription {
  /** One of them, in words. What is not there is answered with the problem `<noun>_not_found`. */
  readonly noun: string;
  /** Of a document, for those who read the documentation. */
  readonly schema: v.GenericSchema;
  readonly filters?: Readonly<Record<string, Filter>>;
  /** How people are shown what a word of a document means, by the word: SHIPPED. */
  readonly tones?: Readonly<Record<string, Tone>>;
  /** What its id is, where that needs to be said. */
  readonly id?: string;
  /** Of a row, that it is this owner's. Without it those that may see only their own get no list. */
  readonly ownedBy?: OwnedBy;
}

/** As it should be, to be looked at, wrong, nothing special, under way. */
export type Tone = "good" | "warn" | "bad" | "calm" | "busy";

type OwnedBy = (sql: Sql, owner: string) => Fragment;

export interface ListQuery extends PageQuery {
  /** Values by the filters' names, as their schemas have read them. */
  readonly filters?: Readonly<Record<string, unknown>>;
  /** Theirs alone. */
  readonly owner?: string;
}

/** For whom documents are read. */
export interface Reader {
  readonly sql: Sql;
  /** The installation's: for money that is printed when it is read. */
  readonly currency: string;
}

/** Hears how many ids a statement asked for. */
export type OnRead = (ids: number) => void;

export interface Shown extends Required<Omit<ShownDescription, "ownedBy">> {
  /** Whether a list can be of one owner's alone. */
  readonly listsOwned: boolean;
  /** Whether clients can follow its documents as they change. */
  readonly followed: boolean;
  /** Whether a document says by its version what it shows; else only the document itself does. */
  readonly versioned: boolean;
  lookup(reader: Reader, onRead?: OnRead): RowLookup;
  /** The newest first. @throws Failure `postgres_unavailable` */
  list(reader: Reader, query: ListQuery): Promise<Page>;
}

/** Rows that hold their documents. */
export function shownRows<Value>(
  { table, deletedOf, numbered }: RowColumns<Value>,
  definition: PgTable,
  { noun, schema, filters = {}, tones = {}, id = `The ${noun}'s id`, ownedBy }: ShownDescription,
): Shown {
  const conditions = conditionsOf(definition, filters);
  const listed: Listed = { table, document: (sql) => sql`document` };
  return {
    noun,
    schema,
    filters,
    tones,
    id,
    listsOwned: ownedBy !== undefined,
    followed: numbered,
    versioned: true,
    lookup: ({ sql }, onRead) =>
      createRowLookup(
        (ids, bytesMax) => sql`
          select id, version, ${deletedOf ? sql`deleted` : sql`false as deleted`},
            case when octet_length(document) <= ${bytesMax} then document end as document
          from ${sql(table)} where id = any(${ids}::text[])`,
        onRead,
      ),
    list({ sql }, { filters: asked = {}, owner, ...page }) {
      const alive = deletedOf ? [sql`not deleted`] : [];
      const theirs = owner === undefined ? [] : [ownedBy ? ownedBy(sql, owner) : sql`false`];
      return readPage(sql, listed, [...alive, ...theirs, ...conditions(sql, asked)], page);
    },
  };
}
