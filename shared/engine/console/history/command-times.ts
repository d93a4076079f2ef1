// How long commands took since the last look, from what the command API says on /metrics.

/** Commands by the upper bound of their time, in seconds, cumulative; the last bound is Infinity. */
export type Buckets = ReadonlyMap<number, number>;

const BUCKET = /^millrace_command_duration_seconds_bucket\{([^}]*)\} (\S+)$/gm;
const BOUND = /(?:^|,)le="([^"]+)"/;

/** Of accepted commands, of every type. */
export function readBuckets(page: string): Buckets {
  const buckets = new Map<number, number>();
  for (const [, labels = "", value] of page.matchAll(BUCKET)) {
    const le = BOUND.exec(labels)?.[1];
    if (le === undefined || !labels.includes('outcome="accepted"')) continue;
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value));
  }
  return buckets;
}

/** What was counted between two looks; nothing of a process that has begun anew. */
export function between(before: Buckets | undefined, now: Buckets): Buckets {
  if (!before) return new Map();
  const steps = [...now].map(([bound, value]) => [bound, value - (before.get(bound) ?? 0)] as const);
  return steps.some(([, step]) => step < 0) ? new Map() : new Map(steps);
}

export function sumOf(all: readonly Buckets[]): Buckets {
  const sum = new Map<number, number>();
  for (const buckets of all)
    for (const [bound, value] of buckets) sum.set(bound, (sum.get(bound) ?? 0) + value);
  return sum;
}

/** In ms, as Prometheus' histogram_quantile has it; undefined where there was no command. */
export function quantileMs(buckets: Buckets, quantile: number): number | undefined {
  const bounds = [...buckets].sort(([left], [right]) => left - right);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const wanted = quantile * total;
  let [from, below] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= wanted) {
      if (bound === Number.POSITIVE_INFINITY) return from * 1_000;
      return (from + ((bound - from) * (wanted - below)) / Math.max(1, count - below)) * 1_000;
    }
    [from, below] = [bound, count];
  }
  return undefined;
}
