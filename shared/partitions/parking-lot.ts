// What a partition's owner does with its parked records when somebody asks: retry brings a key's records back in
// order, discard drops one and lets those behind it go on. Must never let a record overtake one of its key.
import { and, asc, eq, isNotNull } from "drizzle-orm";
import { describe } from "@millrace/platform/failure";
import type { Database, Tx } from "@millrace/platform/postgres";
import type { CheckpointKey } from "./checkpoint.ts";
import { inPartition, recordOf } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { storable } from "./storable.ts";
import { deadLetters } from "./tables.ts";

export interface ParkingLotOptions {
  readonly db: Database;
  readonly at: CheckpointKey;
  readonly handler: RecordHandler;
  /** Keys with a record in the parking lot; a key that is through is taken out. */
  readonly parked: Set<string>;
  /** Failures that say nothing about the record. */
  isNobodysFault(error: unknown): boolean;
  /** Runs the effect in a transaction that only the partition's owner can commit. */
  fenced(effect: (tx: Tx) => Promise<void>): Promise<void>;
}

type Letter = typeof deadLetters.$inferSelect;

/** Requests in one look; the next look takes up the rest. */
const REQUESTS_MAX = 100;

export function createParkingLot(options: ParkingLotOptions): { carryOutRequests(): Promise<void> } {
  const { db, at, handler, parked, fenced } = options;

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
        return;
      }
      if (!(await retry(oldest))) return;
    }
  };

  /** Whether the record took effect. One that fails again stays, with its new cause, and those behind it wait. */
  const retry = async (letter: Letter): Promise<boolean> => {
    try {
      await fenced(async (tx) => {
        await handler.apply(tx, [recordOf(letter)]);
        await tx.delete(deadLetters).where(eq(deadLetters.id, letter.id));
      });
      return true;
    } catch (error) {
      if (options.isNobodysFault(error)) throw error;
      const attempts = letter.attempts + 1;
      const failed = { kind: "failed", cause: storable(describe(error)), attempts, requested: null } as const;
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
    async carryOutRequests() {
      const requests = await db
        .select()
        .from(deadLetters)
        .where(and(inPartition(at), isNotNull(deadLetters.requested)))
        .orderBy(asc(deadLetters.id))
        .limit(REQUESTS_MAX);
      const keys = new Set<string>();
      for (const letter of requests) {
        if (letter.requested === "discard") {
          await fenced(async (tx) => {
            await tx.delete(deadLetters).where(eq(deadLetters.id, letter.id));
          });
          // Those that only waited behind it may go on; behind another failed one they still wait.
          if (letter.kind === "failed") keys.add(letter.key);
        } else keys.add(letter.key);
      }
      for (const key of keys) await retryKey(key);
    },
  };
}
