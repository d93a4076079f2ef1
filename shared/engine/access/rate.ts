// A bound of so much in so long, or of so many at once, for each key by itself. Must never refuse one for what another did.
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** A bound that was met, as an answer's RateLimit fields say it. */
export interface Excess {
  readonly policy: string;
  /** Points in a window, or places. */
  readonly most: number;
  /** The window's length; absent where the bound is of so many at once. */
  readonly seconds?: number;
  /** Whole seconds after which there may be room again. */
  readonly retryAfterSeconds: number;
}

export interface Rate {
  /** Undefined where there was room; a refusal takes no room that a smaller one could not have had. */
  take(key: string, points?: number): Promise<Excess | undefined>;
  /** Of what was taken, one. */
  giveBack(key: string): Promise<void>;
}

/** So many points in so many seconds. A key is held for as long as its window, so a flood of keys is held no longer. */
export function createRate(bound: {
  readonly policy: string;
  readonly most: number;
  readonly seconds: number;
}): Rate {
  const { policy, most, seconds } = bound;
  const limiter = new RateLimiterMemory({ points: most, duration: seconds });
  return {
    async take(key, points = 1) {
      try {
        await limiter.consume(key, points);
        return undefined;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        return { policy, most, seconds, retryAfterSeconds };
      }
    },
    async giveBack(key) {
      await limiter.reward(key);
    },
  };
}

export interface Places {
  /** How to give the places back, or why there are none. */
  hold(key: string, places?: number): (() => void) | Excess;
}

/** Nobody knows when a place comes free, so clients may ask again as soon as they may ask anything. */
const PLACE_RETRY_SECONDS = 1;

/** So many at once. */
export function createPlaces({ policy, most }: { readonly policy: string; readonly most: number }): Places {
  const held = new Map<string, number>();
  return {
    hold(key, places = 1) {
      const count = held.get(key) ?? 0;
      if (count + places > most) return { policy, most, retryAfterSeconds: PLACE_RETRY_SECONDS };
      held.set(key, count + places);
      return () => {
        const left = (held.get(key) ?? places) - places;
        if (left > 0) held.set(key, left);
        else held.delete(key);
      };
    },
  };
}
