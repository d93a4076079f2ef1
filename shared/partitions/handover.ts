// What of a partition's records its actor gets to see, and when. Most threads are woken for far fewer records than
// their partition has; the last one of a batch tells the actor how far the others have come.
import type { FetchedRecord } from "@millrace/kafka/received-record";
import type { MayHaveEffect } from "./handler.ts";

export interface Handover {
  hand(fetched: readonly FetchedRecord[]): void;
  /** The actor is another one, or ends: what it has yet to hear of is read again, or by others. */
  forget(): void;
}

/** How long the actor may not know of records without effect: shorter than its checkpoint lags behind them anyway. */
const PASSED_MS = 1_000;

/** `give` gets at least one record. */
export function createHandover(
  give: (records: readonly FetchedRecord[]) => void,
  mayHaveEffect?: MayHaveEffect,
): Handover {
  /** The last of records without effect that the actor has yet to hear of. */
  let passed: FetchedRecord | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const forget = () => {
    clearTimeout(timer);
    timer = undefined;
    passed = undefined;
  };

  /** Nothing waits for it but the checkpoint: the thread is not woken for each batch without effect. */
  const later = (record: FetchedRecord) => {
    passed = record;
    timer ??= setTimeout(() => {
      const last = passed;
      forget();
      if (last) give([last]);
    }, PASSED_MS);
  };

  return {
    hand(fetched) {
      const last = fetched.at(-1);
      if (!last) return;
      const records = mayHaveEffect ? fetched.filter(mayHaveEffect) : fetched;
      if (records.length === 0) return later(last);
      forget();
      give(records.at(-1) === last ? records : [...records, last]);
    },
    forget,
  };
}
