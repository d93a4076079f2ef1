/** Between two rounds of work: the more a round had, the longer the next one gathers. */
export interface Pace {
  readonly msPerRecord: number;
  readonly mostMs: number;
}

/** Rests after a round of so many records. A pause that is too short for a timer is none. */
export async function restAfter(records: number, { msPerRecord, mostMs }: Pace): Promise<void> {
  const ms = Math.min(records * msPerRecord, mostMs);
  if (ms >= 1) await Bun.sleep(ms);
}
