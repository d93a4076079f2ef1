// What of a partition's records its actor gets to see, and when. Most threads are woken for far fewer records than
// their partition has; the last one of a batch tells the actor how far the others have come.
import type { FetchedRecord } from "@millrace/kafka/received-record";
import type { MayHaveEffect } from "./handler.ts";

export interface Handover {
  /** `fetched` is all that there is before `upTo`. */
  hand(fetched: readonly FetchedRecord[], upTo: number): void;
  /** The actor is another one, or ends: what it has not been given yet is read again. */
  forget(): void;
}

/** Longest time, in ms, until the actor hears of records without effect: its checkpoint lags behind them for longer. */
const PASSED_MS = 1_000;

/** `give` gets at least one record, or none where no record is left to say how far the actor has come. */
export function createHandover(
  give: (records: readonly FetchedRecord[], upTo: number) => void,
  mayHaveEffect?: MayHaveEffect,
): Handover {
  /** The last record without effect that the actor has not been given yet. */
  let passed: FetchedRecord | undefined;
  let passedUpTo = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const forget = () => {
    clearTimeout(timer);
    timer = undefined;
    passed = undefined;
  };

  /** Nothing waits for it but the checkpoint: the thread is not woken for each batch without effect. */
  const later = (record: FetchedRecord | undefined, upTo: number) => {
    passed = record ?? passed;
    passedUpTo = upTo;
    timer ??= setTimeout(() => {
      const last = passed;
      forget();
      give(last ? [last] : [], passedUpTo);
    }, PASSED_MS);
  };

  return {
    hand(fetched, upTo) {
      const last = fetched.at(-1);
      const records = mayHaveEffect ? fetched.filter(mayHaveEffect) : fetched;
      if (!last || records.length === 0) return later(last, upTo);
      forget();
      give(records.at(-1) === last ? records : [...records, last], upTo);
    },
    forget,
  };
}
