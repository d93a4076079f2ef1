export interface Rate {
  /** False where this second has no more room. */
  take(): boolean;
}

/** Second by second. Seconds start with the first that asks, and a clock that jumps begins a new one. */
export function createRate({ aSecondMax, nowMs }: { aSecondMax: number; nowMs: () => number }): Rate {
  let startedAt = Number.NEGATIVE_INFINITY;
  let taken = 0;
  return {
    take() {
      const now = nowMs();
      if (now - startedAt >= 1_000 || now < startedAt) {
        startedAt = now;
        taken = 0;
      }
      if (taken >= aSecondMax) return false;
      taken++;
      return true;
    },
  };
}
