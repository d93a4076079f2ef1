// How often one address may present a credential that is none. Must never be asked before a credential was looked at: a
// right one is taken, whatever others guessed from there.
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** A person mistypes a few times; a program that guesses goes on. */
const GUESSES_MAX = 10;
const WITHIN_SECONDS = 60;

export interface WrongGuesses {
  /** Counts one; answers seconds after which another may be made, where this was one too many. */
  count(address: string): Promise<number | undefined>;
}

export function createWrongGuesses(): WrongGuesses {
  const limiter = new RateLimiterMemory({ points: GUESSES_MAX, duration: WITHIN_SECONDS });
  return {
    async count(address) {
      try {
        await limiter.consume(address);
        return undefined;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      }
    },
  };
}
