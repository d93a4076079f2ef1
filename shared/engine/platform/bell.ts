import { describe } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Sql } from "./postgres.ts";

/** One sleeper, many who may wake it. */
export interface Bell {
  ring(): void;
  /** Until rung, or for `ms`. A ring that came before is not lost: it ends the next rest at once. */
  rest(ms: number): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async rest(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = undefined;
    },
  };
}

/**
 * Rings at each notification on the channel, and whenever listening begins anew, since some may have come meanwhile. While
 * it can't listen nothing rings, and the sleeper's own rests have to be short enough.
 */
export function ringOn(sql: Sql, channel: string, bell: Pick<Bell, "ring">, log: Log): void {
  sql
    .listen(channel, bell.ring, bell.ring)
    .catch((error) => log.warn({ cause: describe(error) }, "not listening, the slow net does the work"));
}
