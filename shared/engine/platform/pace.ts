/** Milliseconds to rest after a round of so many records: the more it had, the longer the next one gathers. */
export type Pace = (records: number) => number;

/**
 * Rests after a round of so many records, which ended at that moment of `performance.now()`. A pause that is too short
 * for a timer is none.
 */
export async function restAfter(records: number, pace: Pace, endedAt = performance.now()): Promise<void> {
  const ms = endedAt + pace(records) - performance.now();
  if (ms >= 1) await Bun.sleep(ms);
}
