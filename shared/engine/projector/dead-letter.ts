// The parking lot's records. A parked key's later records are parked behind it, so that its order holds.

import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import { bytesBeyondText, fromBytes, type ReceivedRecord } from "@millrace/kafka/received-record";
import { type Database, driverUnder, type Tx } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { recordAct } from "@millrace/trail/record";
import type { CheckpointKey } from "./checkpoint.ts";
import { storable } from "./storable.ts";
import { deadLetters } from "./tables.ts";

export interface ParkedRecord {
  readonly record: ReceivedRecord;
  readonly kind: "failed" | "waiting";
  readonly cause: string;
  readonly attempts: number;
  /** No bound lets it go. */
  readonly mustKeep?: boolean;
}

/** Characters of a key that are kept as they are: Postgres' index takes 2,704 bytes, and Kafka a key of a megabyte. */
const KEY_LENGTH_MAX = 500;

/** A record's key as the parking lot groups it; records without a key are their own group each. */
export function parkingKey(record: Pick<ReceivedRecord, "key" | "offset">): string {
  const key = storable(record.key ?? `offset ${record.offset}`);
  if (key.length <= KEY_LENGTH_MAX) return key;
  const hash = new Bun.CryptoHasher("sha256").update(key).digest("hex");
  return `${key.slice(0, KEY_LENGTH_MAX).toWellFormed()}... sha256 ${hash}`;
}

/** One statement text for any number of records: with a row of parameters each, every number would be a plan of its own. */
export async function park(tx: Tx, at: CheckpointKey, parked: readonly ParkedRecord[]): Promise<void> {
  if (parked.length === 0) return;
  const rows = parked.map(({ record, kind, cause, attempts, mustKeep = false }) => ({
    offset: record.offset,
    key: parkingKey(record),
    headers: JSON.stringify(record.headers),
    value: record.value === null ? null : storable(record.value),
    body: bytesBeyondText(record)?.toString("base64") ?? null,
    kind,
    cause: storable(cause),
    attempts,
    must_keep: mustKeep,
    produced_at: Math.min(Number(record.timestamp), Number.MAX_SAFE_INTEGER),
  }));
  await tx.execute(sql`
    insert into dead_letters
      (projection, topic, partition, "offset", key, headers, value, body, kind, cause, attempts, produced_at,
        must_keep)
    select ${at.projection}, ${at.topic}, ${at.partition}::integer, "offset", key, headers::json, value,
      decode(body, 'base64'), kind, cause, attempts, produced_at, must_keep
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as parked("offset" bigint, key text, headers text,
      value text, body text, kind text, cause text, attempts integer, produced_at bigint,
      must_keep boolean)`);
}

/** Keys of the partition that have a record in the parking lot. */
export async function parkedKeys(tx: Tx, at: CheckpointKey): Promise<Set<string>> {
  const rows = await tx.selectDistinct({ key: deadLetters.key }).from(deadLetters).where(inPartition(at));
  return new Set(rows.map((row) => row.key));
}

/**
 * Those of them whose oldest record has not failed. What it waited behind is gone, and the owner that let it go did not
 * get to it; or it waits for newer code than that owner's, and this may be it.
 */
export async function dueKeys(tx: Tx, at: CheckpointKey): Promise<Set<string>> {
  const { key, kind, id } = deadLetters;
  const rows = await tx
    .select({ key })
    .from(deadLetters)
    .where(inPartition(at))
    .groupBy(key)
    .having(sql`(array_agg(${kind} order by ${id}))[1] = 'waiting'`);
  return new Set(rows.map((row) => row.key));
}

export function inPartition(at: CheckpointKey): SQL | undefined {
  return and(
    eq(deadLetters.projection, at.projection),
    eq(deadLetters.topic, at.topic),
    eq(deadLetters.partition, at.partition),
  );
}

/** The record as it was received. */
export function recordOf(
  letter: Pick<
    DeadLetter,
    "partition" | "offset" | "key" | "headers" | "value" | "body" | "parkedAt" | "producedAt"
  >,
): ReceivedRecord {
  const { partition, offset, key, headers, value, body, parkedAt, producedAt } = letter;
  const timestamp = String(producedAt ?? Date.parse(parkedAt));
  if (body) return fromBytes({ partition, offset, timestamp }, Buffer.from(body, "base64"));
  return {
    partition,
    offset,
    key: key === parkingKey({ key: null, offset }) ? null : key,
    headers: headers as Record<string, string>,
    value,
    timestamp,
  };
}

export type DeadLetter = typeof deadLetters.$inferSelect;

export interface DeadLetterFilter {
  readonly projection?: string;
  readonly topic?: string;
  readonly key?: string;
  /** Go on after this id. */
  readonly after?: number;
  readonly limit?: number;
}

const LIST_MAX = 1_000;
const LIST_DEFAULT = 100;

/**
 * Parked records, oldest first: those that failed and what waits behind them. A key without a failed record goes on by
 * itself, now or when newer code comes, so no person has to look at it.
 */
export function listDeadLetters(db: Database, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
  const { projection, topic, key, after } = filter;
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        projection === undefined ? undefined : eq(deadLetters.projection, projection),
        topic === undefined ? undefined : eq(deadLetters.topic, topic),
        key === undefined ? undefined : eq(deadLetters.key, key),
        after === undefined ? undefined : gt(deadLetters.id, after),
        sql`(${deadLetters.kind} = 'failed' or exists (select from dead_letters as failed
          where failed.projection = ${deadLetters.projection} and failed.topic = ${deadLetters.topic}
            and failed.key = ${deadLetters.key} and failed.kind = 'failed'))`,
      ),
    )
    .orderBy(asc(deadLetters.id))
    .limit(Math.min(filter.limit ?? LIST_DEFAULT, LIST_MAX));
}

/** Undefined where it is not parked, or no longer. */
export async function findDeadLetter(db: Database, id: number): Promise<DeadLetter | undefined> {
  const [letter] = await db.select().from(deadLetters).where(eq(deadLetters.id, id));
  return letter;
}

/**
 * Asks for the record's key to be retried: its records take effect in order, oldest first, until one fails. The
 * partition's owner takes it up within a second or so. Answers false where the record is not parked.
 */
export function requestRetry(db: Database, id: number, by: Doer): Promise<boolean> {
  return request(db, { id, by, requested: "retry" });
}

/**
 * Asks for the record to be dropped for good. Where it is the one that failed, those that waited behind it then go
 * on by themselves. Answers false where the record is not parked.
 */
export function requestDiscard(db: Database, id: number, by: Doer): Promise<boolean> {
  return request(db, { id, by, requested: "discard" });
}

interface Request {
  readonly id: number;
  readonly by: Doer;
  readonly requested: "retry" | "discard";
}

/** The trail says that it was asked for, and by whom; the partition's owner does it. */
async function request(db: Database, { id, by, requested }: Request): Promise<boolean> {
  return driverUnder(db).begin(async (tx) => {
    const [asked] = await tx`
      update dead_letters set requested = ${requested}, requested_at = now() where id = ${id}
      returning projection, topic, partition, "offset"::float8 as "offset"`;
    if (!asked) return false;
    // What the record is, since its id says nothing once it is gone. Not its key: that may be somebody's name.
    const details = { ...asked };
    await recordAct(tx, by, { name: `dead-letter.${requested}`, target: String(id), details });
    return true;
  });
}

export type RequestOutcome =
  | { readonly is: "carried out" }
  | { readonly is: "failed again"; readonly cause: string }
  | { readonly is: "waiting"; readonly requested: "retry" | "discard" };

const LOOK_EVERY_MS = 100;

/** Waits until what was asked for is done, or has failed again: the partition's owner looks once a second. */
export async function requestOutcome(db: Database, id: number, withinMs: number): Promise<RequestOutcome> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const letter = await findDeadLetter(db, id);
    if (!letter) return { is: "carried out" };
    if (letter.requested === null) return { is: "failed again", cause: letter.cause };
    if (Date.now() > deadline) return { is: "waiting", requested: letter.requested };
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

export interface ParkedKey {
  readonly projection: string;
  readonly topic: string;
  readonly key: string;
  readonly failed: number;
  /** Later records of the key, which wait behind those. */
  readonly waiting: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** Keys with records that failed, those with the most records first. */
export async function parkedKeyCounts(db: Database, limit: number): Promise<ParkedKey[]> {
  const { projection, topic, key } = deadLetters;
  const failed = sql<number>`count(*) filter (where ${deadLetters.kind} = 'failed')::int`;
  const all = sql<number>`count(*)::int`;
  const rows = await db
    .select({
      projection,
      topic,
      key,
      failed,
      all,
      since: sql<string>`to_char(min(${deadLetters.parkedAt}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    })
    .from(deadLetters)
    .groupBy(projection, topic, key)
    .having(sql`${failed} > 0`)
    .orderBy(sql`count(*) desc`, projection, topic, key)
    .limit(limit);
  return rows.map((row) => ({
    projection: row.projection,
    topic: row.topic,
    key: row.key,
    failed: row.failed,
    waiting: row.all - row.failed,
    since: row.since,
  }));
}
