// Quantities in words, the same on the command line and in the console.

/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** How long ago or how long, in the unit that a person would choose. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export interface Pace {
  /** 0 to 100; undefined of nothing. */
  readonly percent: number | undefined;
  readonly perSecond: number;
  readonly leftMs: number | undefined;
}

/** `since` is what was done in this run, and in how long: what an earlier one did says nothing of the rate. */
export function paceOf(
  { done, total }: { done: number; total: number },
  since: { done: number; milliseconds: number },
): Pace {
  const perSecond = since.milliseconds > 0 ? (1000 * since.done) / since.milliseconds : 0;
  return {
    percent: total > 0 ? Math.floor((100 * done) / total) : undefined,
    perSecond: Math.round(perSecond),
    leftMs: perSecond > 0 && done < total ? (1000 * (total - done)) / perSecond : undefined,
  };
}
