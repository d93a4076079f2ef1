import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "@millrace/platform/column-types";

/**
 * What processes have yet to do: one row for each key that has something left, written with the checkpoint that it came
 * from and removed when nothing is left. It is only a reason to look: what there is to do stands in the streams.
 */
export const processTasks = pgTable(
  "process_tasks",
  {
    /** The process's name. */
    process: text().notNull(),
    /** Id of the streams that it is about. */
    key: text().notNull(),
    dueAt: timestamp("due_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
    /** Raised by each reason to look; a dispatcher removes only the revision that it saw. */
    revision: integer().notNull().default(1),
    /** Claims since the last such reason; the pause before the next one grows with it. */
    attempts: integer().notNull().default(0),
    /** While a dispatcher has it. Apart from due_at: an event makes a task due without freeing it. */
    leasedUntil: timestamp("leased_until", { withTimezone: true, mode: "string" }),
    /** Why it isn't due before due_at, in the process's words. Null where it waits for an answer, or for nothing. */
    waitingFor: text("waiting_for"),
    /** What the last try failed of. */
    failure: text(),
    /** Nobody claims it until a person resumes it. */
    paused: boolean().notNull().default(false),
    /** What a person has to look at. Nobody claims the task before that person retries it, whatever happens meanwhile. */
    stuckReason: text("stuck_reason"),
    stuckAt: timestamp("stuck_at", { withTimezone: true, mode: "string" }),
  },
  (table) => [
    primaryKey({ columns: [table.process, table.key] }),
    index("process_tasks_due").on(table.process, table.dueAt).where(sql`not paused and stuck_reason is null`),
    index("process_tasks_stuck").on(table.process, table.stuckAt).where(sql`stuck_reason is not null`),
  ],
);

/** The processes that a person has paused as a whole: none of their tasks is claimed. No row for one that runs. */
export const processPauses = pgTable("process_pauses", {
  /** The process's name. */
  process: text().primaryKey(),
  pausedAt: timestamp("paused_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
  /** In the words of the person who paused it, for the others. */
  reason: text(),
});

/** What providers have called back, for ever: by its id one that comes again, after a year too, is known. */
export const processCallbacks = pgTable(
  "process_callbacks",
  {
    /** The process's name. */
    process: text().notNull(),
    providerId: text("provider_id").notNull(),
    /** The key that it woke; null where it is about none of ours. */
    key: text(),
    /** Byte for byte as it was signed. Nothing reads it but people: the process asks the provider. */
    body: bytea().notNull(),
    receivedAt: timestamp("received_at", { withTimezone: true, mode: "string" })
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.process, table.providerId] })],
);
