/** How every property test runs; spread it into fast-check's parameters. */
export interface PropertyRun {
  readonly numRuns: number;
  readonly seed?: number;
}

/** Enough to meet the rare orders of commands, few enough that all properties take a second or two. */
const RUNS_DEFAULT = 500;

/**
 * fast-check draws a new seed for each run and prints it when a property fails; FAST_CHECK_SEED set to that
 * number runs the same cases again, FAST_CHECK_RUNS more or fewer of them. Read here and not in the
 * configuration, because both belong to a test run and to no process of the system.
 */
export function propertyRun(runsDefault = RUNS_DEFAULT): PropertyRun {
  const numRuns = readInteger("FAST_CHECK_RUNS") ?? runsDefault;
  const seed = readInteger("FAST_CHECK_SEED");
  return seed === undefined ? { numRuns } : { numRuns, seed };
}

/** Numbers from 0 to 1, the same for the same seed (Mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random numbers for a test without fast-check. Prints their seed, which FAST_CHECK_SEED sets. */
export function printedRandom(of: string): () => number {
  const seed = propertyRun().seed ?? Date.now() % 2 ** 31;
  console.log(`${of} of seed ${seed}; FAST_CHECK_SEED=${seed} draws the same ones again`);
  return randomFrom(seed);
}

function readInteger(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${name} must be a whole number, and is ${text}`);
  return value;
}
