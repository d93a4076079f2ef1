// How much one principal may ask for. Must never let one of them take what the others need, or refuse any for what
// another did.
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "@millrace/platform/config";
import { actorOf, type Principal, type Role } from "./principal.ts";

/** What a request costs of its principal's points: a write is stored for good, and read by all who come after. */
const COST = { read: 1, write: 3 } as const;

/** Share of all requests under way, those that wait included, that one principal may have. */
const UNDER_WAY_SHARE = 0.05;

export interface Excess {
  /** Whole seconds after which there is room again. */
  readonly retryAfterSeconds: number;
  /** Points a second. */
  readonly most: number;
}

export interface Shares {
  /**
   * Takes of the principal's share for one request. Answers how to give back what is held while it is under way, or
   * why there is none left.
   */
  take(principal: Principal, kind: "read" | "write"): Promise<(() => void) | Excess>;
}

type Points = Pick<Config, "MILLRACE_RATE_CUSTOMER" | "MILLRACE_RATE_STAFF" | "MILLRACE_RATE_SERVICE">;

/** Points a second, by role; 0 for no bound. */
function pointsOf(role: Role, config: Points): number {
  switch (role) {
    case "customer":
      return config.MILLRACE_RATE_CUSTOMER;
    case "service":
      return config.MILLRACE_RATE_SERVICE;
    case "clerk":
    case "operator":
    case "auditor":
      return config.MILLRACE_RATE_STAFF;
  }
}

/** `requestsMax` is the bound of all requests under way in this process. */
export function createShares(config: Points, requestsMax: number): Shares {
  const limiters = new Map<number, RateLimiterMemory>();
  const limiterOf = (points: number) => {
    const limiter = limiters.get(points) ?? new RateLimiterMemory({ points, duration: 1 });
    limiters.set(points, limiter);
    return limiter;
  };
  const underWayMost = Math.max(1, Math.floor(requestsMax * UNDER_WAY_SHARE));
  const underWay = new Map<string, number>();

  return {
    async take(principal, kind) {
      if (principal.role === "anybody") return NOTHING_HELD;
      const points = pointsOf(principal.role, config);
      if (points === 0) return NOTHING_HELD;
      const actor = actorOf(principal);
      const held = underWay.get(actor) ?? 0;
      if (held >= underWayMost) return { retryAfterSeconds: 1, most: points };
      // Before the points are awaited, or requests that come together would all find room.
      underWay.set(actor, held + 1);
      const giveBack = () => {
        const left = (underWay.get(actor) ?? 1) - 1;
        if (left > 0) underWay.set(actor, left);
        else underWay.delete(actor);
      };
      try {
        await limiterOf(points).consume(actor, COST[kind]);
        return giveBack;
      } catch (refused) {
        giveBack();
        if (!(refused instanceof RateLimiterRes)) throw refused;
        return { retryAfterSeconds: Math.max(1, Math.ceil(refused.msBeforeNext / 1000)), most: points };
      }
    },
  };
}

function NOTHING_HELD(): void {}
