import { sql } from "drizzle-orm";
import { bigint, boolean, index, pgSequence, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** Numbers every change of a row, see `change`. */
export const orderChanges = pgSequence("order_changes");

/** One row an order: columns to filter and sort by, and the document that readers get, ready as JSON text. */
export const orders = pgTable(
  "orders",
  {
    ...streamColumns,
    status: text().notNull(),
    payment: text().notNull(),
    /** Where the goods that stock is kept of are; null for an order without. */
    stock: text(),
    shortOf: text("short_of"),
    customer: text(),
    /** Whose it is; null for the shop's own. */
    owner: text(),
    /** Minor units. */
    amount: bigint({ mode: "number" }).notNull(),
    currency: text().notNull(),
    /** Deleted rows stay, unseen, so that a redelivered event finds its version. */
    deleted: boolean().notNull(),
    document: text().notNull(),
    /**
     * Place of the last change among all changes. A partition has one writer, so within a partition these
     * numbers come into sight in order: what a stream of changes resumes by. Offsets would not do, since a record
     * that waited in the parking lot is applied with an old one.
     */
    change: bigint({ mode: "number" }).notNull().default(sql`nextval('order_changes')`),
  },
  (table) => [
    index("orders_newest").on(table.createdAt, table.id).where(sql`not ${table.deleted}`),
    index("orders_by_status").on(table.status, table.createdAt, table.id).where(sql`not ${table.deleted}`),
    index("orders_by_payment").on(table.payment, table.createdAt, table.id).where(sql`not ${table.deleted}`),
    index("orders_by_customer")
      .on(table.customer, table.createdAt, table.id)
      .where(sql`not ${table.deleted}`),
    index("orders_by_owner")
      .on(table.owner, table.createdAt, table.id)
      .where(sql`not ${table.deleted} and ${table.owner} is not null`),
    index("orders_by_change").on(table.partition, table.change),
  ],
);
