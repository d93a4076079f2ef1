// The relay: outbox to Kafka, at least once, in each stream's order. Removes an entry only after Kafka has
// acknowledged what it holds, or what Kafka refused is set aside: a crash between the two repeats, never loses.
import type { StoredEvent } from "@millrace/events/envelope";
import type { PublishedAt, Publisher } from "@millrace/kafka/publish";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { restAfter } from "@millrace/platform/pace";
import type { Sql } from "@millrace/platform/postgres";
import { createTidier } from "@millrace/platform/tidy";
import { type HeldSummary, summarizeHeld } from "@millrace/store/held-streams";
import { OUTBOX_CHANNEL } from "@millrace/store/outbox";
import { BUSY_RECORDS, PACE } from "@millrace/store/outbox-rounds";
import { lastPosition } from "@millrace/store/position";
import { deliver } from "./deliver.ts";
import { createHeld } from "./held.ts";
import { holdLanes } from "./lanes.ts";
import { createMarks } from "./marks.ts";
import { createOutboxRound, type Round } from "./outbox-round.ts";
import { createRefilling } from "./refill.ts";
import { createRest } from "./rest.ts";

export interface RelayOptions {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly publisher: Publisher;
  /** Where each partition of the event topics ends now. */
  ends(): Promise<readonly PublishedAt[]>;
  readonly log: Log;
  /** Between looks at the outbox when no notification came: the slow net. */
  readonly pollMs: number;
  /** Records in one publish. */
  readonly recordsMax: number;
}

export interface Relay {
  stop(): Promise<void>;
  status(): {
    lanes: readonly number[];
    published: number;
    failures: number;
    lastFailure: string | undefined;
    /** Streams of its lanes that are set aside; absent where there are none. */
    held?: HeldSummary;
  };
  notReady(): string | undefined;
}

/** Longest time, in ms, that what was published stays in the outbox while nothing else is appended. */
const REMOVED_WITHIN_MS = 50;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;
/** A relay that could do nothing for so long, in ms, is not ready: a leader's election takes less. */
const STUCK_MS = 5_000;
/** Between looks, in ms, at what is set aside, for people. */
const SUMMARY_INTERVAL_MS = 1_000;

export function startRelay(options: RelayOptions): Relay {
  const { sql, publisher, log } = options;
  let published = 0;
  let failures = 0;
  let lastFailure: string | undefined;
  /** When the work began that has not succeeded yet; undefined at rest. */
  let workingSince: number | undefined;
  let connected = false;
  let stopping = false;
  let summary: HeldSummary | undefined;
  let summaryAt = 0;
  const tidier = createTidier();
  const rest = createRest();
  const lanes = holdLanes({ databaseUrl: options.databaseUrl, log, onChange: rest.end });
  // postgres.js listens again after a lost connection; what was missed meanwhile is found by the look.
  const listening = sql.listen(OUTBOX_CHANNEL, rest.end, rest.end);
  listening.catch((error) =>
    log.warn({ cause: describe(error) }, "not listening yet, the slow poll does the work"),
  );

  const send = async (events: readonly StoredEvent[], held: ReadonlySet<string> = new Set()) => {
    await marks.load();
    const delivered = await deliver(events, { publisher, recordsMax: options.recordsMax, held });
    published += delivered.stored.size;
    return delivered;
  };
  const marks = createMarks({ sql, log });
  const outbox = createOutboxRound({ sql, log, marks, deliver: send });
  const common = { sql, log, marks, held: lanes.held, deliver: send, settle: outbox.settle };
  const heldStreams = createHeld(common);
  const refilling = createRefilling({ ...common, ends: options.ends });

  const relayOnce = async (): Promise<Round> => {
    const held = lanes.held();
    if (held.length === 0) return { records: 0, isAll: true, holds: false };
    await refilling.look();
    const last = refilling.isUnderWay() ? await lastPosition(sql) : undefined;
    const round = await outbox.run(held);
    const refilled = last !== undefined && round.isAll ? await refilling.step(last) : 0;
    const retried = round.holds ? await heldStreams.retry() : 0;
    if (!round.holds) summary = undefined;
    else if (Date.now() - summaryAt >= SUMMARY_INTERVAL_MS) {
      summary = await summarizeHeld(sql, held);
      summaryAt = Date.now();
    }
    return { ...round, records: round.records + refilled + retried };
  };

  const restAfterRound = async ({ records, holds }: Round, endedAt: number) => {
    const isWorking = lanes.held().length > 0;
    if (records === 0 && isWorking && !lanes.isTold()) {
      // Nobody notified of what came before this: the next round looks.
      await lanes.askToBeTold();
    } else if (records === 0) {
      await rest.take(holds ? Math.min(options.pollMs, heldStreams.dueInMs()) : options.pollMs);
    } else {
      if (records >= BUSY_RECORDS && lanes.isTold()) await lanes.stopBeingTold();
      if (lanes.isTold()) await rest.take(REMOVED_WITHIN_MS);
      await restAfter(records, PACE, endedAt);
    }
  };

  const run = async () => {
    let backoffMs = BACKOFF_FIRST_MS;
    while (!stopping) {
      workingSince ??= Date.now();
      try {
        if (!connected) {
          await publisher.connect();
          connected = true;
        }
        const round = await relayOnce();
        backoffMs = BACKOFF_FIRST_MS;
        lastFailure = undefined;
        workingSince = undefined;
        tidier.worked(round.records);
        await restAfterRound(round, performance.now());
      } catch (error) {
        failures++;
        lastFailure = describe(error);
        log.warn({ cause: lastFailure, backoffMs }, "relaying failed, trying again");
        await Bun.sleep(backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS);
      }
    }
  };

  const notReady = () => {
    if (!connected) return "Kafka has not been reached yet";
    const stuckMs = workingSince === undefined ? 0 : Date.now() - workingSince;
    if (stuckMs < STUCK_MS) return lanes.notReady();
    const seconds = Math.round(stuckMs / 1_000);
    return `nothing could be published for ${seconds} s: ${lastFailure ?? "waiting for Postgres or Kafka"}`;
  };

  const running = run();
  return {
    async stop() {
      stopping = true;
      rest.end();
      await running;
      await outbox
        .settle()
        .catch((error) => log.warn({ cause: describe(error) }, "what was published will be published again"));
      await lanes.release();
    },
    status: () => ({
      lanes: lanes.held(),
      published,
      failures,
      lastFailure,
      ...(summary && { held: summary }),
    }),
    notReady,
  };
}
