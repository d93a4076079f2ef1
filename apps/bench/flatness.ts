// Whether what was measured over a long run has grown: its last sixth against its first.
import { median } from "./statistics.ts";

export interface Series {
  readonly name: string;
  readonly unit: string;
  /** One a sample, in the order of time, the warm-up left out. */
  readonly values: readonly number[];
  /** What may come on top of the first sixth's median: a share of it, and so much besides. */
  readonly tolerance: { readonly share: number; readonly besides: number };
}

export interface Flatness {
  readonly first: number;
  readonly last: number;
  /** The last sixth's median must not pass this. */
  readonly allowed: number;
  readonly flat: boolean;
}

const SIXTH = 6;

/** Medians of the first and the last sixth of the samples, one sample at least. Less than before is flat. */
export function flatness({ values, tolerance }: Series): Flatness {
  const count = Math.max(1, Math.floor(values.length / SIXTH));
  const [first, last] = [median(values.slice(0, count)), median(values.slice(-count))];
  const allowed = first * (1 + tolerance.share) + tolerance.besides;
  return { first, last, allowed, flat: last <= allowed };
}
