// When a message that failed is sent again. The steps are those of the Standard Webhooks specification: three days and some
// hours in all.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pause after each failed try, in ms. */
const PAUSES_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** Most tries of one message. */
export const ATTEMPTS_MAX = PAUSES_MS.length + 1;
/** Share of a pause that chance adds or takes, so that messages which failed together are not retried together. */
const JITTER = 0.1;
/** Longest Retry-After, in ms, that is heeded: with a longer one a receiver could put a message off for ever. */
const RETRY_AFTER_MS_MAX = 24 * HOUR;

/**
 * Ms until the next try; undefined where there is none.
 *
 * @param attempts tries so far
 * @param random from 0 to 1
 */
export function pauseAfter(attempts: number, random: number): number | undefined {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? undefined : Math.round(pause * (1 + JITTER * (2 * random - 1)));
}

/** Ms that `Retry-After` asks for, seconds or a date of RFC 9110; undefined where it says nothing that can be read. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const said = /^\d{1,9}$/.test(header.trim()) ? Number(header) * SECOND : Date.parse(header) - nowMs;
  return Number.isNaN(said) ? undefined : Math.min(Math.max(said, 0), RETRY_AFTER_MS_MAX);
}
