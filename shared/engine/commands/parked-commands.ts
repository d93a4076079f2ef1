// Commands from Kafka that could not be decided, in the parking lot: people look at them, retry them or discard them like any
// dead letter. Nothing waits behind one: its sender has its reply, and later commands are decided.
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

/** The intake's name in the parking lot, where projections have theirs. Storage format. */
const CONSUMER = "command-intake";
/** Milliseconds between looks for requests to retry or discard, while anything is parked. */
const REQUESTS_INTERVAL_MS = 1_000;
/** Milliseconds between looks whether anything is parked: another process may have parked it and ended. */
const LOOK_INTERVAL_MS = 30_000;
const FORGET_INTERVAL_MS = 3_600_000;

export interface ParkedCommands {
  park(topic: string, records: readonly LoneRecord[]): Promise<void>;
  /** `handle` decides a command again: it answers why that failed, undefined where the command has its outcome. */
  start(handle: (topic: string, record: ReceivedRecord) => Promise<string | undefined>): void;
  /** Resolves once no retry is under way. */
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
          log.debug(
            { cause: describe(error) },
            "parked commands could not be read; they are read again in a moment",
          ),
      });
    },
    stop: async () => rounds?.stop(),
  };
}
