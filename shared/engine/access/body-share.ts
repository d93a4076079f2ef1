// How many bytes of bodies one principal may send. Must never refuse one for what another has sent.
import type { Excess, Places } from "./rate.ts";

/** What one body takes of its principal's share. */
export interface BodyShare {
  /** Makes room for so many bytes in all. Undefined where there was room. */
  hold(bytes: number): Excess | undefined;
  /** It is neither read nor worked on any more. What it took of the window stays taken. */
  end(): void;
}

export interface Volume {
  /** Undefined where there was room. */
  take(key: string, bytes: number): Excess | undefined;
}

/** Everybody's windows begin together, so that all that was counted is forgotten at once. */
const WINDOW_SECONDS = 1;

/** So many bytes a second. At once: it is asked for each body, and for each part of one that names no length. */
export function createVolume(most: number, now: () => number = () => performance.now()): Volume {
  const taken = new Map<string, number>();
  let endsAt = 0;
  return {
    take(key, bytes) {
      const time = now();
      if (time >= endsAt) {
        taken.clear();
        endsAt = time + WINDOW_SECONDS * 1_000;
      }
      const before = taken.get(key) ?? 0;
      // One body that is larger than all of it would else never pass.
      if (before > 0 && before + bytes > most)
        return { policy: "bytes", most, seconds: WINDOW_SECONDS, retryAfterSeconds: WINDOW_SECONDS };
      taken.set(key, before + bytes);
      return undefined;
    },
  };
}

export function bodyShare(key: string, volume: Volume, inFlight: Places): BodyShare {
  const held: (() => void)[] = [];
  let bytesHeld = 0;
  return {
    hold(bytes) {
      const more = bytes - bytesHeld;
      const place = inFlight.hold(key, more);
      if (typeof place !== "function") return place;
      held.push(place);
      bytesHeld = bytes;
      return volume.take(key, more);
    },
    end() {
      for (const giveBack of held) giveBack();
    },
  };
}
