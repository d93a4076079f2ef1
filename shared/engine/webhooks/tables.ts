import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { bytea, instant } from "@millrace/platform/column-types";

/** Who wants to hear of events, and where. */
export const webhookEndpoints = pgTable("webhook_endpoints", {
  /** `ep_…`: without a dot, since ids of messages are made of it. */
  id: text().primaryKey(),
  url: text().notNull(),
  /** Which events, see event-name.ts. */
  patterns: text().array().notNull(),
  /** `thin`: what happened to which thing. `full`: the event's data as well. */
  payload: text().notNull(),
  /** Events of one stream one after another: the next is not sent before the one before has been taken. */
  ordered: boolean().notNull(),
  description: text(),
  /** Sealed, see seal.ts; the one before is signed with as well until its time. */
  secret: bytea().notNull(),
  formerSecret: bytea("former_secret"),
  formerUntil: instant("former_until"),
  createdAt: instant("created_at").notNull().default(sql`now()`),
  createdBy: text("created_by").notNull(),
  /** Nothing is written for it or sent to it from then on. Why, in words, and null where a person did it. */
  disabledAt: instant("disabled_at"),
  disabledReason: text("disabled_reason"),
  /** When the first try failed since the last that was taken. */
  failingSince: instant("failing_since"),
  lastFailure: text("last_failure"),
  /** It has asked for a pause. */
  slowedUntil: instant("slowed_until"),
});

/**
 * One row for each event that an endpoint is to hear of, written with the checkpoint that it came from; once it is settled it
 * is the log.
 */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    /** `webhook-id`: follows from endpoint and event, so that an event can't be written twice. */
    id: text().primaryKey(),
    endpoint: text().notNull(),
    /** Its name outside: thing.made. */
    event: text().notNull(),
    /** Null of a test. */
    stream: text(),
    version: integer(),
    at: instant("at").notNull(),
    createdAt: instant("created_at").notNull().default(sql`now()`),
    /** pending, delivered, failed: no further try. */
    state: text().notNull().default("pending"),
    dueAt: instant("due_at").notNull().default(sql`now()`),
    attempts: integer().notNull().default(0),
    leasedUntil: instant("leased_until"),
    /** Of the last try: status, what went wrong, how the answer began, and ms. */
    status: integer(),
    failure: text(),
    answer: text(),
    tookMs: integer("took_ms"),
    triedAt: instant("tried_at"),
  },
  (table) => [
    index("webhook_deliveries_due").on(table.endpoint, table.dueAt).where(sql`state = 'pending'`),
    index("webhook_deliveries_order")
      .on(table.endpoint, table.stream, table.version)
      .where(sql`state = 'pending'`),
    index("webhook_deliveries_log").on(table.endpoint, table.createdAt),
    index("webhook_deliveries_settled").on(table.createdAt).where(sql`state <> 'pending'`),
  ],
);

/** Ranges of events that are being given to an endpoint once more, from the event store. */
export const webhookReplays = pgTable(
  "webhook_replays",
  {
    endpoint: text().notNull(),
    since: instant("since").notNull(),
    until: instant("until").notNull(),
    /** Events up to this position are looked at; the last one to look at. */
    position: bigint({ mode: "number" }).notNull().default(0),
    lastPosition: bigint("last_position", { mode: "number" }).notNull(),
    requestedAt: instant("requested_at").notNull().default(sql`now()`),
    requestedBy: text("requested_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.endpoint] })],
);
