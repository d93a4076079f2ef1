// Which rows were told of lately, so that whoever asks for a row that was created a moment ago need not look for what
// can't be there yet. Must never be relied on for more than when to look.
import type { RowChange } from "@millrace/read-models/read-model";

export interface LatelyTold {
  /** Without a list any row may have changed. */
  note(changes: readonly RowChange[] | undefined): void;
  /** Anything may have been told unheard. */
  missed(): void;
  /** False for an id that was made a moment ago and was not heard of since. */
  mayBeThere(id: string): boolean;
}

/** What was told is known for so long at least, and twice as long at most. */
const KEPT_MS = 500;

/** `now` in milliseconds since 1970, by the clock that ids are made by. */
export function createLatelyTold(now: () => number = Date.now): LatelyTold {
  let recent = new Set<string>();
  let before = new Set<string>();
  let recentSince = now();
  /** Since then all that was told is known. */
  let unbrokenSince = now();

  const turn = () => {
    const age = now() - recentSince;
    if (age < KEPT_MS) return;
    before = age < 2 * KEPT_MS ? recent : new Set();
    recent = new Set();
    recentSince = now();
  };

  return {
    note(changes) {
      turn();
      if (!changes) unbrokenSince = now();
      for (const { id } of changes ?? []) recent.add(id);
    },
    missed() {
      unbrokenSince = now();
    },
    mayBeThere(id) {
      turn();
      const madeAt = timeOf(id);
      const age = now() - madeAt;
      // Also where it is not a time, or one to come: then nobody knows how old it is.
      if (!(age >= 0 && age < KEPT_MS)) return true;
      return madeAt <= unbrokenSince || recent.has(id) || before.has(id);
    },
  };
}

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** Milliseconds since 1970 when a UUID of version 7 was made; NaN of any other id. */
function timeOf(id: string): number {
  return UUID_V7.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : Number.NaN;
}
