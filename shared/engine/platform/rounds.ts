// Work that is done again and again: a round, a rest, the next round. Must never run two of its rounds at once.
import { createBell } from "./bell.ts";

export interface Rounds {
  /** Ends the rest, or leaves out the one after the round that is under way. */
  ring(): void;
  /** Resolves when the last round has ended. */
  stop(): Promise<void>;
}

export interface RoundsOptions {
  /** From one round's end to the next one's beginning, where the round answers nothing else or fails. */
  readonly everyMs: number;
  /** The first round waits for as long, too. */
  readonly restsFirst?: boolean;
  /** The next round comes all the same. */
  onFailure(error: unknown): void;
}

/** @param round answers for how many ms there is nothing more to do; it may look whether it is the last one */
export function inRounds(
  round: (isStopping: () => boolean) => Promise<number> | Promise<void>,
  { everyMs, restsFirst = false, onFailure }: RoundsOptions,
): Rounds {
  const bell = createBell();
  let stopping = false;
  const isStopping = () => stopping;

  const run = async () => {
    if (restsFirst) await bell.rest(everyMs);
    while (!stopping) {
      const restMs = await round(isStopping).catch(onFailure);
      if (restMs !== 0) await bell.rest(typeof restMs === "number" ? restMs : everyMs);
    }
  };
  const running = run();

  return {
    ring: bell.ring,
    async stop() {
      stopping = true;
      bell.ring();
      await running;
    },
  };
}
