// Times between tries: twice as long after each failure, up to a bound.

export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Time, in ms, to rest after so many failures in a row. */
export function backoffMs(failures: number, { firstMs, mostMs }: Backoff): number {
  return Math.min(mostMs, firstMs * 2 ** Math.max(0, failures - 1));
}
