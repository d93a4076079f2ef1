// What a partition's owner does with its parked records: retry brings a key's records back in order, when somebody asks
// or by themselves where nothing failed; discard drops one and lets those behind it go on. Must never let a record
// overtake one of its key.
import { and, asc, eq, isNotNull } from "drizzle-orm";
import { describe } from "@millrace/platform/failure";
import type { Database, Tx } from "@millrace/platform/postgres";
import type { CheckpointKey } from "./checkpoint.ts";
import { inPartition, recordOf } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { isNewer, newerOf } from "./newer.ts";
import { storable } from "./storable.ts";
import { deadLetters } from "./tables.ts";

export interface ParkingLotOptions {
  readonly db: Database;
  readonly at: CheckpointKey;
  readonly handler: RecordHandler;
  /** Keys with a record in the parking lot; a key that is through is taken out. */
  readonly parked: Set<string>;
  /** Those of them that go on without being asked: what they waited behind is gone, or this code may be new enough. */
  readonly due: Set<string>;
  /** So many keys now wait for newer code; `cause` is what the last of them waits for. */
  onWaiting(keys: number, cause: string | undefined): void;
  /** Failures that say nothing about the record. */
  isNobodysFault(error: unknown): boolean;
  /** Runs the effect in a transaction that only the partition's owner can commit. */
  fenced(effect: (tx: Tx) => Promise<void>): Promise<void>;
}

type Letter = typeof deadLetters.$inferSelect;

export interface ParkingLot {
  carryOutRequests(): Promise<void>;
  /** A key's record is parked until newer code reads it. */
  waits(key: string, cause: string): void;
}

/** Requests, and keys that go on by themselves, in one look; the next look takes up the rest. */
const REQUESTS_MAX = 100;

export function createParkingLot(options: ParkingLotOptions): ParkingLot {
  const { db, at, handler, parked, due, fenced } = options;
  /** Keys that wait for newer code, each with what it waits for. This code gets no newer, so they are left alone. */
  const waiting = new Map<string, string>();
  const tellWaiting = () => options.onWaiting(waiting.size, [...waiting.values()].at(-1));

  const waits = (key: string, cause: string) => {
    parked.add(key);
    waiting.set(key, cause);
    tellWaiting();
  };

  /**
   * Takes a key's records in, in the order they were parked, a transaction each, until one fails or all are
   * through. Not by offset: in a topic that was created anew, later records have lower ones.
   */
  const retryKey = async (key: string) => {
    for (;;) {
      const [oldest] = await db
        .select()
        .from(deadLetters)
        .where(and(inPartition(at), eq(deadLetters.key, key)))
        .orderBy(asc(deadLetters.id))
        .limit(1);
      if (!oldest) {
        parked.delete(key);
        if (waiting.delete(key)) tellWaiting();
        return;
      }
      if (!(await retry(oldest))) return;
    }
  };

  /** Whether the record took effect. One that fails again stays, with its new cause, and those behind it wait. */
  const retry = async (letter: Letter): Promise<boolean> => {
    const record = recordOf(letter);
    try {
      await fenced(async (tx) => {
        if (!handler.isForeign?.(record)) await handler.apply(tx, [record]);
        await tx.delete(deadLetters).where(eq(deadLetters.id, letter.id));
      });
      return true;
    } catch (error) {
      if (options.isNobodysFault(error)) throw error;
      const newer = isNewer(error)
        ? (await newerOf(db, { records: [record], error, schemaVersionOf: handler.schemaVersionOf })).get(
            record,
          )
        : undefined;
      if (newer !== undefined) waits(letter.key, newer);
      else if (waiting.delete(letter.key)) tellWaiting();
      const failed = {
        kind: newer === undefined ? "failed" : "waiting",
        cause: newer ?? storable(describe(error)),
        attempts: letter.attempts + 1,
        requested: null,
      } as const;
      await fenced(async (tx) => {
        await tx.update(deadLetters).set(failed).where(eq(deadLetters.id, letter.id));
        await tx
          .update(deadLetters)
          .set({ requested: null })
          .where(and(inPartition(at), eq(deadLetters.key, letter.key), eq(deadLetters.requested, "retry")));
      });
      return false;
    }
  };

  return {
    waits,
    async carryOutRequests() {
      const requests = await db
        .select()
        .from(deadLetters)
        .where(and(inPartition(at), isNotNull(deadLetters.requested)))
        .orderBy(asc(deadLetters.id))
        .limit(REQUESTS_MAX);
      for (const letter of requests) {
        if (letter.requested === "discard") {
          await fenced(async (tx) => {
            await tx.delete(deadLetters).where(eq(deadLetters.id, letter.id));
          });
          // Those that only waited behind it may go on; behind another failed one they still wait.
          if (letter.kind === "failed" || waiting.has(letter.key)) due.add(letter.key);
        } else due.add(letter.key);
      }
      for (const key of [...due].slice(0, REQUESTS_MAX)) {
        await retryKey(key);
        // Only then: where the retry was broken off, the key is due still.
        due.delete(key);
      }
    },
  };
}
