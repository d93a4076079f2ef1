// Waiting in tests: ask again until it holds. Never sleep for a guessed time.

export interface Patience {
  /** Longest wait; then the last failure is the test's. */
  readonly withinMs?: number;
  /** Between two looks. */
  readonly everyMs?: number;
}

/** Polls until `assertions` no longer throws, and resolves to what it returns. */
export async function eventually<T>(assertions: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  const { withinMs = 10_000, everyMs = 20 } = patience;
  const startedAt = performance.now();
  for (let looks = 1; ; looks++) {
    try {
      return await assertions();
    } catch (error) {
      const elapsedMs = Math.round(performance.now() - startedAt);
      if (elapsedMs >= withinMs) throw stillFailing(error, elapsedMs, looks);
      await Bun.sleep(everyMs);
    }
  }
}

/** The same error, so that the runner still shows its difference and its line, with the wait in its words. */
function stillFailing(error: unknown, elapsedMs: number, looks: number): Error {
  const wait = `not so after ${elapsedMs} ms and ${looks} looks`;
  if (!(error instanceof Error)) return new Error(`${wait}: ${String(error)}`);
  error.message = `${wait}: ${error.message}`;
  return error;
}
