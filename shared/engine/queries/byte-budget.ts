// A budget of bytes. Whatever needs more than are left waits in order, and is refused when the wait takes too long.
import { Failure } from "@millrace/platform/failure";

export interface ByteBudget {
  /** @throws Failure `overloaded` where there is no room within the wait */
  hold(bytes: number): Promise<Held>;
  held(): number;
}

export interface Held {
  /** Gives back what is held beyond so many bytes. */
  shrinkTo(bytes: number): void;
  /** Gives back all of it; may be called again. */
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly resolve: () => void;
}

export function createByteBudget({ bytesMax, waitMs }: { bytesMax: number; waitMs: number }): ByteBudget {
  let held = 0;
  let queue: Waiting[] = [];

  const fits = (bytes: number) => held === 0 || held + bytes <= bytesMax;
  const giveBack = (bytes: number) => {
    held -= bytes;
    for (let next = queue[0]; next && fits(next.bytes); next = queue[0]) {
      queue.shift();
      held += next.bytes;
      next.resolve();
    }
  };
  const turn = (bytes: number) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        queue = queue.filter((other) => other !== waiting);
        reject(
          new Failure(
            "overloaded",
            `${held} bytes of answers are held, and none were given back within ${waitMs} ms`,
            true,
          ),
        );
      }, waitMs);
      const waiting: Waiting = {
        bytes,
        resolve() {
          clearTimeout(late);
          resolve();
        },
      };
      queue.push(waiting);
    });

  return {
    async hold(bytes) {
      if (queue.length === 0 && fits(bytes)) held += bytes;
      else await turn(bytes);
      let own = bytes;
      const shrinkTo = (less: number) => {
        const rest = own - Math.min(own, less);
        own -= rest;
        if (rest > 0) giveBack(rest);
      };
      return { shrinkTo, release: () => shrinkTo(0) };
    },
    held: () => held,
  };
}
