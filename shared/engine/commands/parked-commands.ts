// Messages that the intake could make nothing of, in the parking lot: shown, tried again and discarded like any
// dead letter. Nothing waits behind one: its sender was told, and the next commands were decided long since.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Database } from "@millrace/platform/postgres";
import { inRounds, type Rounds } from "@millrace/platform/rounds";
import {
  carryOutAlone,
  forgetLoneLetters,
  hasLoneLetters,
  type LoneRecord,
  parkAlone,
} from "@millrace/projector/lone-letters";

/** Stands in the parking lot where projections have their name. Storage format. */
const CONSUMER = "command-intake";
/** Between looks for what was asked of parked messages while there are any. */
const REQUESTS_INTERVAL_MS = 1_000;
/** Between looks whether there are any: another process may have parked one, and ended. */
const LOOK_INTERVAL_MS = 30_000;
const FORGET_INTERVAL_MS = 3_600_000;

export interface ParkedCommands {
  park(topic: string, records: readonly LoneRecord[]): Promise<void>;
  /** `handle` answers why the command failed again; undefined where it has its outcome. */
  start(handle: (topic: string, record: ReceivedRecord) => Promise<string | undefined>): void;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

export function createParkedCommands(db: Database, log: Log): ParkedCommands {
  let any = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let forgotAt = Number.NEGATIVE_INFINITY;
  let rounds: Rounds | undefined;

  const look = async (handle: Parameters<ParkedCommands["start"]>[0]) => {
    const now = performance.now();
    if (!any && now - lookedAt < LOOK_INTERVAL_MS) return;
    lookedAt = now;
    any = await hasLoneLetters(db, CONSUMER);
    if (!any) return;
    await carryOutAlone(db, CONSUMER, handle);
    if (now - forgotAt < FORGET_INTERVAL_MS) return;
    await forgetLoneLetters(db, CONSUMER);
    forgotAt = now;
  };

  return {
    async park(topic, records) {
      if (records.length === 0) return;
      await parkAlone(db, CONSUMER, { topic, records });
      any = true;
    },
    start(handle) {
      rounds = inRounds(() => look(handle), {
        everyMs: REQUESTS_INTERVAL_MS,
        restsFirst: true,
        onFailure: (error) =>
          log.debug({ cause: describe(error) }, "parked commands could not be looked at, trying again"),
      });
    },
    stop: async () => rounds?.stop(),
  };
}
