// Foreign records: counted as they are passed over, and their number written to the checkpoint's row later. Not in
// the transaction that moves the checkpoint: a crash in between costs the count, and never a record.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Database } from "@millrace/platform/postgres";
import { type Checkpoint, countForeign } from "./checkpoint.ts";
import type { FromActor } from "./protocol.ts";

export interface ForeignTally {
  count(foreign: readonly ReceivedRecord[]): void;
  /** When the first of those was counted that the checkpoint's row doesn't know of; undefined where it knows of all. */
  sinceMs(): number | undefined;
  write(checkpoint: Checkpoint): Promise<void>;
}

export function createForeignTally(db: Database, post: (message: FromActor) => void): ForeignTally {
  let unwritten: { readonly records: number; readonly last: number; readonly sinceMs: number } | undefined;
  return {
    count(foreign) {
      const last = foreign.at(-1)?.offset;
      if (last === undefined) return;
      const { records: before = 0, sinceMs = Date.now() } = unwritten ?? {};
      unwritten = { records: before + foreign.length, last, sinceMs };
      post({ type: "foreign", records: foreign.length, offset: last });
    },
    sinceMs: () => unwritten?.sinceMs,
    async write(checkpoint) {
      if (!unwritten) return;
      await countForeign(db, checkpoint, unwritten);
      unwritten = undefined;
    },
  };
}
