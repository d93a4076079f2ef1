import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: "string" });

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
  formerUntil: time("former_until"),
  createdAt: time("created_at").notNull().default(sql`now()`),
  createdBy: text("created_by").notNull(),
  /** Nothing is written for it or sent to it from then on. Why, in words, and null where a person did it. */
  disabledAt: time("disabled_at"),
  disabledReason: text("disabled_reason"),
  /** When the first try failed since the last that was taken. */
  failingSince: time("failing_since"),
  lastFailure: text("last_failure"),
  /** It has asked for a pause. */
  slowedUntil: time("slowed_until"),
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
    at: time("at").notNull(),
    createdAt: time("created_at").notNull().default(sql`now()`),
    /** pending, delivered, failed: no further try. */
    state: text().notNull().default("pending"),
    dueAt: time("due_at").notNull().default(sql`now()`),
    attempts: integer().notNull().default(0),
    leasedUntil: time("leased_until"),
    /** Of the last try: status, what went wrong, how the answer began, and ms. */
    status: integer(),
    failure: text(),
    answer: text(),
    tookMs: integer("took_ms"),
    triedAt: time("tried_at"),
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
    since: time("since").notNull(),
    until: time("until").notNull(),
    /** Events up to this position are looked at; the last one to look at. */
    position: bigint({ mode: "number" }).notNull().default(0),
    lastPosition: bigint("last_position", { mode: "number" }).notNull(),
    requestedAt: time("requested_at").notNull().default(sql`now()`),
    requestedBy: text("requested_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.endpoint] })],
);
