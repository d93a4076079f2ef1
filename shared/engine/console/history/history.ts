// Figures of the last hour, in this process's memory alone: a new process begins without any. Must never grow past its
// bounds, and never show a figure for a time at which nothing answered.

/** Time, in ms, between two samples: a look costs some ten milliseconds of processor time, and a stall lasts longer. */
export const SAMPLE_EVERY_MS = 30_000;
/** Samples that are kept: those of an hour, with both its ends. */
export const SAMPLES_MAX = 121;
/** Places whose figures are kept, 1.5 KB each: several times those of a large shop. Others have no charts. */
export const PLACES_MAX = 1_000;

export const FIGURES = [
  "stored",
  "applied",
  "acceptMedianMs",
  "acceptP99Ms",
  "outbox",
  "outboxOldestMs",
  "lag",
  "delayMs",
  "tasksDue",
  "tasksStuck",
] as const;
export type Figure = (typeof FIGURES)[number];

/** Figures of one partition, as one projection reads it. */
export type PlaceFigure = "applied" | "lag" | "delayMs";

export interface PlaceName {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
}

export interface PlaceLook extends PlaceName {
  /** The next one to be handled. */
  readonly offset: number;
  /** Of a read model, whose rows are what clients wait for. */
  readonly isRows: boolean;
  /** Records behind, and the age of the oldest of them; undefined where no actor says it. */
  readonly lag: number | undefined;
  readonly delayMs: number | undefined;
}

/** One look at the system. What did not answer is undefined. */
export interface Look {
  readonly atMs: number;
  /** Position of the last event in the store. */
  readonly stored?: number | undefined;
  readonly accept?: { readonly medianMs: number; readonly p99Ms: number } | undefined;
  readonly outbox?: { readonly records: number; readonly oldestMs: number } | undefined;
  readonly tasks?: { readonly due: number; readonly stuck: number } | undefined;
  readonly places?: readonly PlaceLook[] | undefined;
}

/** Oldest first; undefined where it is not known. */
export type Values = readonly (number | undefined)[];

export interface History {
  take(look: Look): void;
  /** Milliseconds since 1970 of the samples, oldest first. */
  times(): number[];
  values(figure: Figure): Values;
  ofPlace(place: PlaceName, figure: PlaceFigure): Values;
  /** Places that figures are kept of. */
  places(): number;
}

interface PlaceRings {
  readonly rings: Readonly<Record<PlaceFigure, Float32Array>>;
  /** Number of the last sample that it was in. */
  seen: number;
}

export function createHistory(): History {
  const times = new Float64Array(SAMPLES_MAX);
  const rings = Object.fromEntries(FIGURES.map((figure) => [figure, ring()])) as Record<Figure, Float32Array>;
  const places = new Map<string, PlaceRings>();
  let samples = 0;
  let last: Look | undefined;
  let offsets = new Map<string, number>();

  const listed = (values: Float32Array | undefined): Values => {
    const first = Math.max(0, samples - SAMPLES_MAX);
    return Array.from({ length: samples - first }, (_, index) => {
      const value = values?.[(first + index) % SAMPLES_MAX];
      return value === undefined || Number.isNaN(value) ? undefined : value;
    });
  };
  const placeRings = (name: string): PlaceRings | undefined => {
    const kept = places.get(name);
    if (kept || places.size >= PLACES_MAX) return kept;
    const made = { rings: { applied: ring(), lag: ring(), delayMs: ring() }, seen: samples };
    places.set(name, made);
    return made;
  };

  return {
    take(look) {
      const at = samples % SAMPLES_MAX;
      times[at] = look.atMs;
      for (const [figure, value] of Object.entries(figuresOf(look, last)))
        rings[figure as Figure][at] = value;
      for (const kept of places.values())
        for (const values of Object.values(kept.rings)) values[at] = Number.NaN;
      for (const place of look.places ?? []) {
        const kept = placeRings(nameOf(place));
        if (!kept) continue;
        kept.seen = samples;
        kept.rings.applied[at] = rateOf(place.offset, offsets.get(nameOf(place)), elapsed(look, last));
        kept.rings.lag[at] = place.lag ?? Number.NaN;
        kept.rings.delayMs[at] = place.delayMs ?? Number.NaN;
      }
      for (const [name, { seen }] of places) if (samples - seen >= SAMPLES_MAX) places.delete(name);
      samples++;
      last = look;
      offsets = new Map(look.places?.map((place) => [nameOf(place), place.offset]));
    },
    times: () => {
      const first = Math.max(0, samples - SAMPLES_MAX);
      return Array.from(
        { length: samples - first },
        (_, index) => times[(first + index) % SAMPLES_MAX] as number,
      );
    },
    values: (figure) => listed(rings[figure]),
    ofPlace: (place, figure) => listed(places.get(nameOf(place))?.rings[figure]),
    places: () => places.size,
  };
}

/** Samples in a row, each above the one before, after which a backlog counts as growing. */
const GROWING_STEPS = 4;

/** Whether a backlog is larger at each of the last samples than at the one before. */
export function isGrowing(values: Values): boolean {
  const recent = values.slice(-GROWING_STEPS - 1);
  if (recent.length <= GROWING_STEPS) return false;
  return recent.every(
    (value, index) => value !== undefined && (index === 0 || value > (recent[index - 1] ?? value)),
  );
}

function figuresOf(look: Look, last: Look | undefined): Record<Figure, number> {
  const { stored, accept, outbox, tasks } = look;
  const rows = look.places?.filter(({ isRows }) => isRows);
  return {
    stored: rateOf(stored, last?.stored, elapsed(look, last)),
    applied: appliedOf(look, last),
    acceptMedianMs: accept?.medianMs ?? Number.NaN,
    acceptP99Ms: accept?.p99Ms ?? Number.NaN,
    outbox: outbox?.records ?? Number.NaN,
    outboxOldestMs: outbox?.oldestMs ?? Number.NaN,
    lag: ofAll(
      rows,
      ({ lag }) => lag,
      (all) => all.reduce((sum, each) => sum + each, 0),
    ),
    delayMs: ofAll(
      rows,
      ({ delayMs }) => delayMs,
      (all) => Math.max(0, ...all),
    ),
    tasksDue: tasks?.due ?? Number.NaN,
    tasksStuck: tasks?.stuck ?? Number.NaN,
  };
}

/** NaN where one of them is not known. */
function ofAll(
  places: readonly PlaceLook[] | undefined,
  of: (place: PlaceLook) => number | undefined,
  together: (values: number[]) => number,
): number {
  const values = places?.map(of) ?? [undefined];
  return values.includes(undefined) ? Number.NaN : together(values as number[]);
}

/** A record that several read models read counts once: by the read model that is furthest. */
function appliedOf(look: Look, last: Look | undefined): number {
  const furthest = furthestOf(look);
  const before = furthestOf(last);
  if (!furthest || !before) return Number.NaN;
  const steps = [...furthest].map(([place, offset]) => Math.max(0, offset - (before.get(place) ?? offset)));
  return rateOf(
    steps.reduce((sum, step) => sum + step, 0),
    0,
    elapsed(look, last),
  );
}

function furthestOf(look: Look | undefined): Map<string, number> | undefined {
  if (!look?.places) return undefined;
  const furthest = new Map<string, number>();
  for (const { topic, partition, offset, isRows } of look.places) {
    const place = `${topic}/${partition}`;
    if (isRows) furthest.set(place, Math.max(offset, furthest.get(place) ?? 0));
  }
  return furthest;
}

function elapsed(look: Look, last: Look | undefined): number {
  return last === undefined ? Number.NaN : look.atMs - last.atMs;
}

/** A second. Not known where it went back, as a topic does that was created anew. */
function rateOf(now: number | undefined, before: number | undefined, elapsedMs: number): number {
  if (now === undefined || before === undefined || now < before || !(elapsedMs > 0)) return Number.NaN;
  return ((now - before) * 1_000) / elapsedMs;
}

function nameOf({ projection, topic, partition }: PlaceName): string {
  return `${projection} ${topic}/${partition}`;
}

function ring(): Float32Array {
  return new Float32Array(SAMPLES_MAX).fill(Number.NaN);
}
