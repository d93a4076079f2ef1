// What the partition actors keep: how far each has come, and the records that could not be handled.
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

/** As base64, as it is printed. */
const bytea = customType<{ data: string; driverData: Buffer }>({
  dataType: () => "bytea",
  fromDriver: (bytes) => bytes.toString("base64"),
  toDriver: (text) => Buffer.from(text, "base64"),
});

/** How far a projection has come in a partition. Moved only by compare-and-set, with the rows it speaks of. */
export const checkpoints = pgTable(
  "checkpoints",
  {
    projection: text().notNull(),
    topic: text().notNull(),
    partition: integer().notNull(),
    /** Raised by each claim: an owner of an older epoch can no longer commit. */
    epoch: bigint({ mode: "number" }).notNull(),
    /** The next offset to handle. */
    offset: bigint({ mode: "number" }).notNull(),
    /** The record before it, see identityOf: a topic that was created anew has another one there. */
    lastRecord: text("last_record"),
    /** Foreign records that were passed over, and the offset of the last of them. */
    foreignRecords: bigint("foreign_records", { mode: "number" }).notNull().default(0),
    lastForeign: bigint("last_foreign", { mode: "number" }),
    /** Why nothing of the partition goes on; null again once something does. */
    standsStill: text("stands_still"),
    owner: text().notNull(),
    claimedAt: timestamp("claimed_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
    updatedAt: timestamp("updated_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.projection, table.topic, table.partition] })],
);

/** The parking lot: records that failed past their tries, and the later records of their keys, in order. */
export const deadLetters = pgTable(
  "dead_letters",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    projection: text().notNull(),
    topic: text().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
    key: text().notNull(),
    headers: json().notNull(),
    /** As received; null for a tombstone. */
    value: text(),
    /** Key, value and headers as Kafka had them, where their text is not all of it; see bytesBeyondText. */
    body: bytea(),
    /** Why it was parked: the failure, or that an earlier record of its key waits. */
    cause: text().notNull(),
    /** `failed` for the record that could not be handled; `waiting` for those behind it, or until newer code comes. */
    kind: text({ enum: ["failed", "waiting"] }).notNull(),
    attempts: integer().notNull(),
    /** Milliseconds since 1970, as the record says; null for those that were parked before this was kept. */
    producedAt: bigint("produced_at", { mode: "number" }),
    parkedAt: timestamp("parked_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
    /** What somebody has asked for; the partition's owner does it, since it alone may write its rows. */
    requested: text({ enum: ["retry", "discard"] }),
    requestedAt: timestamp("requested_at", { withTimezone: true, mode: "string" }),
    /** Goes only when it has its outcome or somebody discards it, whatever bound the other records have. */
    mustKeep: boolean("must_keep").notNull().default(false),
  },
  (table) => [
    index("dead_letters_by_key").on(table.projection, table.topic, table.key, table.offset),
    index("dead_letters_requested")
      .on(table.projection, table.topic, table.partition)
      .where(sql`${table.requested} is not null`),
  ],
);
