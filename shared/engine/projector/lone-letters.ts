// Dead letters of a consumer that keeps no checkpoint and lets nothing wait: each stands alone, is tried again by
// itself, and in the end makes room for later ones.
import { and, asc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe, Failure } from "@millrace/platform/failure";
import { type Database, isPostgresAway, isPostgresRace, type Tx } from "@millrace/platform/postgres";
import { type DeadLetter, park, recordOf } from "./dead-letter.ts";
import { isNewer } from "./newer.ts";
import { storable } from "./storable.ts";
import { deadLetters } from "./tables.ts";

export interface LoneRecord {
  readonly record: ReceivedRecord;
  readonly cause: string;
  /** Only its outcome or a person lets it go: what it asked for may be right, and nobody else has it. */
  readonly mustKeep: boolean;
}

/** Letters of one consumer that are kept: anybody may send rubbish, and a megabyte of it in each message. */
const KEPT_MAX = 1_000;
/** Letters that must be kept, of one consumer: something is broken then, and what comes next had better stay in Kafka. */
const MUST_KEEP_MAX = 1_000;
/** Nobody looks at what nobody has looked at for so long. */
const KEPT_DAYS = 30;
/** Requests that are carried out in one look. */
const REQUESTS_MAX = 100;

/**
 * Parks what is not parked already, as after a redelivery. `consumer` stands where projections have their name.
 * @throws Failure `parking_lot_full` where too much is there that must be kept
 */
export async function parkAlone(
  db: Database,
  consumer: string,
  { topic, records }: { topic: string; records: readonly LoneRecord[] },
): Promise<void> {
  const last = [
    ...records.filter(({ mustKeep }) => mustKeep),
    ...records.filter(({ mustKeep }) => !mustKeep).slice(-KEPT_MAX),
  ];
  if (last.length === 0) return;
  await db.transaction(async (tx) => {
    const offsets = last.map(({ record }) => record.offset);
    const found = await tx
      .select()
      .from(deadLetters)
      .where(and(ofConsumer(consumer), eq(deadLetters.topic, topic), inArray(deadLetters.offset, offsets)));
    const known = new Set(found.map((letter) => placeOf(recordOf(letter))));
    const anew = last.filter(({ record }) => !known.has(placeOf(record)));
    if (anew.some(({ mustKeep }) => mustKeep)) await refuseWhereFull(tx, consumer);
    const byPartition = Map.groupBy(anew, ({ record }) => record.partition);
    for (const [partition, some] of byPartition) {
      const parked = some.map((each) => ({ ...each, kind: "failed" as const, attempts: 1 }));
      await park(tx, { projection: consumer, topic, partition }, parked);
    }
  });
  await forgetLoneLetters(db, consumer);
}

async function refuseWhereFull(tx: Tx, consumer: string): Promise<void> {
  const [row] = await tx
    .select({ kept: sql<number>`count(*)::int` })
    .from(deadLetters)
    .where(and(ofConsumer(consumer), deadLetters.mustKeep));
  if (row && row.kept < MUST_KEEP_MAX) return;
  const message = `${MUST_KEEP_MAX} records of ${consumer} are parked undecided, so nothing more is taken from its topic: retry or discard some, \`bun run ops dead-letters list --projection ${consumer}\``;
  throw new Failure("parking_lot_full", message, true);
}

/** Lets go what is too old, and the oldest of what is too much. */
export async function forgetLoneLetters(db: Database, consumer: string): Promise<void> {
  await db.execute(sql`
    delete from ${deadLetters} where projection = ${consumer} and not must_keep and (
      parked_at < now() - make_interval(days => ${KEPT_DAYS})
      or id <= (select id from ${deadLetters} where projection = ${consumer} and not must_keep
        order by id desc offset ${KEPT_MAX} limit 1))`);
}

/** Whether the consumer has any letter. */
export async function hasLoneLetters(db: Database, consumer: string): Promise<boolean> {
  const some = await db.select({ id: deadLetters.id }).from(deadLetters).where(ofConsumer(consumer)).limit(1);
  return some.length > 0;
}

/**
 * Does what people have asked for. `handle` answers why the record failed again, or undefined; it may be called
 * twice for one record where two processes look at the same moment. @throws what passes and is no fault of the record
 */
export async function carryOutAlone(
  db: Database,
  consumer: string,
  handle: (topic: string, record: ReceivedRecord) => Promise<string | undefined>,
): Promise<void> {
  const requests = await db
    .select()
    .from(deadLetters)
    .where(and(ofConsumer(consumer), isNotNull(deadLetters.requested)))
    .orderBy(asc(deadLetters.id))
    .limit(REQUESTS_MAX);
  for (const letter of requests) {
    const isThis = eq(deadLetters.id, letter.id);
    const cause = letter.requested === "discard" ? undefined : await tryAgain(letter, handle);
    if (cause === undefined) await db.delete(deadLetters).where(isThis);
    else {
      const failed = { cause: storable(cause), attempts: letter.attempts + 1, requested: null };
      await db.update(deadLetters).set(failed).where(isThis);
    }
  }
}

async function tryAgain(letter: DeadLetter, handle: Parameters<typeof carryOutAlone>[2]) {
  try {
    return await handle(letter.topic, recordOf(letter));
  } catch (error) {
    // Then the request stands, and the next look takes it up again.
    if (isPostgresAway(error) || isPostgresRace(error) || isNewer(error)) throw error;
    return describe(error);
  }
}

function ofConsumer(consumer: string) {
  return eq(deadLetters.projection, consumer);
}

function placeOf({ partition, offset, timestamp }: ReceivedRecord): string {
  return `${partition}/${offset}/${timestamp}`;
}
