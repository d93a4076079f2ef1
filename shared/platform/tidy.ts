// Memory that a burst has left behind goes back to the system once the thread rests. A JavaScript heap is collected
// when it has grown, so one that is idle would keep what it grew to for ever.

/** Less garbage than this is not worth a collection. */
const RECORDS_LEAST = 5_000;
/** A thread that rests for so long has come to the end of its burst. */
const REST_MS = 1_500;

export interface Tidier {
  /** Records that the thread has handled just now. */
  worked(records: number): void;
}

export interface TidierOptions {
  readonly restMs?: number;
  collect?(): void;
}

export function createTidier(options: TidierOptions = {}): Tidier {
  const { restMs = REST_MS, collect = () => Bun.gc(true) } = options;
  let records = 0;
  let workedAt = 0;
  let waiting = false;
  const look = () => {
    const restedMs = performance.now() - workedAt;
    if (restedMs < restMs) {
      setTimeout(look, restMs - restedMs).unref();
      return;
    }
    waiting = false;
    records = 0;
    collect();
  };
  return {
    worked(count) {
      records += count;
      workedAt = performance.now();
      if (waiting || records < RECORDS_LEAST) return;
      waiting = true;
      setTimeout(look, restMs).unref();
    },
  };
}
