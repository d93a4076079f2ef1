// The write side's tables. Must never be read by a query: reads go to the read models.
import { sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

/** `json`, not `jsonb`: events are stored as they were written and come back byte for byte. */
export const events = pgTable(
  "events",
  {
    /** Order of insertion, for scans by block range. Not commit order: nothing may follow it as a cursor. */
    position: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
    stream: text().notNull(),
    version: integer().notNull(),
    type: text().notNull(),
    schemaVersion: smallint("schema_version").notNull(),
    at: timestamp({ withTimezone: true, precision: 3, mode: "string" }).notNull(),
    metadata: json().notNull(),
    data: json().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.stream, table.version] }),
    // Summarized as the table grows: what is not yet, every look by position reads whole.
    index("events_position_brin").using("brin", table.position).with({ autosummarize: true }),
  ],
);

/** States at versions, so that long streams are folded from there. Any row may be deleted at any time. */
export const snapshots = pgTable(
  "snapshots",
  {
    stream: text().notNull(),
    /** Of the code that made it: no other code reads it. */
    fingerprint: text().notNull(),
    version: integer().notNull(),
    /** The event's of that version. */
    at: timestamp({ withTimezone: true, precision: 3, mode: "string" }).notNull(),
    state: json().notNull(),
    storedAt: timestamp("stored_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.stream, table.fingerprint] })],
);

/** What Kafka has yet to acknowledge: one row an append and lane, holding that append's records. */
export const outbox = pgTable("outbox", {
  id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  lane: smallint().notNull(),
  records: integer().notNull(),
  /** Three lines a record: tab-separated head, metadata JSON, data JSON. See outbox.ts. */
  messages: text().notNull(),
  createdAt: timestamp("created_at", { withTimezone: true, mode: "string" })
    .notNull()
    .default(sql`clock_timestamp()`),
});

/** Where in each partition the relay's last records went: only a topic that was created anew gives lower places. */
export const relayMarks = pgTable(
  "relay_marks",
  {
    topic: text().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.topic, table.partition] })],
);

/** How often each topic was found to be another one: tells marks of its records from those of the topic before. */
export const relayTopics = pgTable("relay_topics", {
  topic: text().primaryKey(),
  generation: integer().notNull(),
});

/** Streams whose events Kafka refuses now: these events and later ones of the stream wait here, out of the outbox. */
export const relayHeld = pgTable(
  "relay_held",
  {
    stream: text().primaryKey(),
    lane: smallint().notNull(),
    topic: text().notNull(),
    /** -1 where the topic's partitions are not known. */
    partition: integer().notNull(),
    /** The events that wait: from this version up to and with the last. The store has them. */
    version: integer().notNull(),
    last: integer().notNull(),
    cause: text().notNull(),
    since: timestamp({ withTimezone: true, mode: "string" }).notNull().default(sql`clock_timestamp()`),
    attempts: integer().notNull().default(1),
    triedAt: timestamp("tried_at", { withTimezone: true, mode: "string" })
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [index("relay_held_tried_at").on(table.topic, table.partition, table.triedAt)],
);

/** Topics that were created anew and have yet to be given a lane's events again, from the store. */
export const relayRefills = pgTable(
  "relay_refills",
  {
    topic: text().notNull(),
    lane: smallint().notNull(),
    /** Events up to here have been published again. */
    position: bigint({ mode: "number" }).notNull().default(0),
    requestedAt: timestamp("requested_at", { withTimezone: true, mode: "string" })
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.topic, table.lane] })],
);

/** The first answer to each idempotency key, written in the transaction that appended its events. */
export const storedAnswers = pgTable(
  "stored_answers",
  {
    key: text().primaryKey(),
    /** Distinguishes a repeat from another request under the same key. */
    fingerprint: text().notNull(),
    answer: json().notNull(),
    storedAt: timestamp("stored_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
  },
  (table) => [index("stored_answers_stored_at_brin").using("brin", table.storedAt)],
);

/** Commands taken with 202. Their outcome is the stored answer under the key `command/<id>`. */
export const submittedCommands = pgTable(
  "submitted_commands",
  {
    id: uuid().primaryKey(),
    request: json().notNull(),
    submittedAt: timestamp("submitted_at", { withTimezone: true, mode: "string" })
      .notNull()
      .default(sql`now()`),
    /** Set after the answer is stored; only spares the search for unfinished commands. */
    finishedAt: timestamp("finished_at", { withTimezone: true, mode: "string" }),
  },
  (table) => [
    index("submitted_commands_unfinished").on(table.submittedAt).where(sql`${table.finishedAt} is null`),
  ],
);
