// Memory that a burst has left behind goes back to the system once the thread rests. A JavaScript heap is collected
// when it has grown, so one that is idle would keep what it grew to for ever. And it does not know what its garbage holds
// outside of it: of large records a thread would keep hundreds of megabytes before it collects any.

/** Less garbage than this is not worth a collection. */
const RECORDS_LEAST = 5_000;
/** Bytes of large records after which a thread collects at once, however busy it is: some ms in each 16 MB of its work. */
const BYTES_MOST = 16 * 1_048_576;
/**
 * Bytes from which on records are large. Smaller ones make the heap itself grow with them, so that it is collected in time
 * without us: to collect all of it for each 16 MB of these as well took 20 ms of a busy thread twice a second.
 */
const LARGE_BYTES = 4_096;
/** A thread that rests for so long has come to the end of its burst. */
const REST_MS = 1_500;

export interface Tidier {
  /** Records that the thread has handled just now, and their bytes where they may be large. */
  worked(records: number, bytes?: number): void;
}

export interface TidierOptions {
  readonly restMs?: number;
  collect?(): void;
}

export function createTidier(options: TidierOptions = {}): Tidier {
  const { restMs = REST_MS, collect = () => Bun.gc(true) } = options;
  let records = 0;
  let bytes = 0;
  let workedAt = 0;
  let waiting = false;
  const look = () => {
    const restedMs = performance.now() - workedAt;
    if (restedMs < restMs) {
      setTimeout(look, restMs - restedMs).unref();
      return;
    }
    waiting = false;
    collectNow();
  };
  const collectNow = () => {
    records = 0;
    bytes = 0;
    collect();
  };
  return {
    worked(count, size = 0) {
      records += count;
      if (size >= count * LARGE_BYTES) bytes += size;
      workedAt = performance.now();
      if (bytes >= BYTES_MOST) collectNow();
      if (waiting || records < RECORDS_LEAST) return;
      waiting = true;
      setTimeout(look, restMs).unref();
    },
  };
}
