// What is true of this database as a whole: one row, to which processes add what they know at their first start.
import { sql } from "drizzle-orm";
import { boolean, check, pgTable, smallint, text, uuid } from "drizzle-orm/pg-core";

export const installation = pgTable(
  "installation",
  {
    /** True, so that there is one row at most. */
    one: boolean().primaryKey().default(true),
    /** Tells it from another one on the same Kafka; a dump and its restore keep it. */
    id: uuid().notNull().defaultRandom(),
    /** Of all amounts, ISO 4217; null until a command API has started. */
    currency: text(),
    /** How many decimals the stored amounts have: what an earlier version stored may have others than the currency. */
    currencyDecimals: smallint("currency_decimals"),
  },
  (table) => [check("installation_is_one", sql`${table.one}`)],
);
