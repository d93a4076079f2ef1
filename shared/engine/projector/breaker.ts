// The breaker: one bad record is parked, a bug that fails every record is not to park the world.

/** Failed records of one partition that may be parked within a minute: more of them point at a bug, not at records. */
export const PARKED_PER_MINUTE_MAX = 20;
/** Time, in ms, that a halted partition rests before it tries its next record again. */
export const HALTED_MS = 30_000;

const MINUTE_MS = 60_000;

/** More records failed than may be parked: the record stays where it is, and a person has to look. */
export class Halted extends Error {
  readonly code = "halted";
  readonly retryable = false;
  constructor(cause: string) {
    super(
      `${PARKED_PER_MINUTE_MAX} records were parked within a minute; halted instead of parking more. The last failure: ${cause}`,
    );
    this.name = "Halted";
  }
}

export interface Breaker {
  /** Counts a record that is about to be parked. @throws Halted past the rate. */
  parking(cause: string): void;
}

export function createBreaker(now: () => number = Date.now): Breaker {
  let recent: number[] = [];
  return {
    parking(cause) {
      const at = now();
      recent = recent.filter((each) => at - each < MINUTE_MS);
      if (recent.length >= PARKED_PER_MINUTE_MAX) throw new Halted(cause);
      recent.push(at);
    },
  };
}
