// Removes stored answers once their retention is over, where one is configured.
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { inRounds, type Rounds } from "@millrace/platform/rounds";

/** Milliseconds between rounds: the retention is counted in days, so an hour late is on time. */
const INTERVAL_MS = 3_600_000;

export interface ForgettingOptions {
  /** Removes some of the answers that are older; returns how many. */
  forget(olderThanDays: number): Promise<number>;
  readonly log: Log;
}

/** Removes answers older than `retentionDays`, round by round; 0 keeps all of them. */
export function keepForgetting(
  retentionDays: number,
  { forget, log }: ForgettingOptions,
): Pick<Rounds, "stop"> {
  if (retentionDays === 0) return { stop: async () => {} };
  return inRounds(
    async (isStopping) => {
      let forgotten = 0;
      for (let went = 1; went > 0 && !isStopping(); forgotten += went) went = await forget(retentionDays);
      if (forgotten > 0) log.info({ forgotten, retentionDays }, "forgot stored answers");
    },
    {
      everyMs: INTERVAL_MS,
      onFailure: (error) => log.warn({ err: error }, "could not forget stored answers"),
    },
  );
}

/** Seconds kept beyond Kafka's own retention: clocks differ, and Kafka removes old records only every few minutes. */
const CLOCKS_SECONDS = 86_400;

/**
 * Least time, in seconds, that answers to commands have to be kept, since Kafka may deliver the commands again. Undefined
 * means for ever, and is the answer where Kafka does not say how long it keeps them.
 */
export async function secondsOfCommands(
  recordsKeptMs: () => Promise<number | undefined>,
  log: Log,
): Promise<number | undefined> {
  try {
    const kept = await recordsKeptMs();
    return kept === undefined ? undefined : kept / 1_000 + CLOCKS_SECONDS;
  } catch (error) {
    log.warn(
      { cause: describe(error) },
      "Kafka does not say how long it keeps commands, so no answer to one is removed in this round",
    );
    return undefined;
  }
}
