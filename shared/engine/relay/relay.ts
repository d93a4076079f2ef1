// The relay: outbox to Kafka, at least once, in each stream's order. Removes an entry only after Kafka has
// acknowledged what it holds, or what Kafka refused is set aside: a crash between the two repeats, never loses.
import type { StoredEvent } from "@millrace/events/envelope";
import type { PublishedAt, Publisher } from "@millrace/kafka/publish";
import { createBell, ringOn } from "@millrace/platform/bell";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { restAfter } from "@millrace/platform/pace";
import type { Sql } from "@millrace/platform/postgres";
import { createTidier } from "@millrace/platform/tidy";
import type { HeldSummary } from "@millrace/store/held-streams";
import { OUTBOX_CHANNEL } from "@millrace/store/outbox";
import { lastPosition } from "@millrace/store/position";
import { deliver } from "./deliver.ts";
import { createHeld } from "./held.ts";
import { holdLanes } from "./lanes.ts";
import { createMarks } from "./marks.ts";
import { createOutboxRound, type Round } from "./outbox-round.ts";
import { PACE } from "./pace.ts";
import { createRefilling } from "./refill.ts";
import { afterRound, began, failed, NEW_RELAY, restMs, succeeded, whyNotReady } from "./relay-state.ts";

export interface RelayOptions {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly publisher: Publisher;
  /** Where each partition of the event topics ends now. */
  ends(): Promise<readonly PublishedAt[]>;
  readonly log: Log;
  /** Longest time, in ms, between looks at the outbox, where no notification comes. */
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

export function startRelay(options: RelayOptions): Relay {
  const { sql, publisher, log } = options;
  let state = NEW_RELAY;
  let published = 0;
  let stopping = false;
  const tidier = createTidier();
  const bell = createBell();
  const lanes = holdLanes({ databaseUrl: options.databaseUrl, log, onChange: bell.ring });
  ringOn(sql, OUTBOX_CHANNEL, bell, log);

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
    await heldStreams.look(round.holds);
    return { ...round, records: round.records + refilled + retried };
  };

  const rested = async (round: Round) => {
    const endedAt = performance.now();
    const after = afterRound(round, {
      areHeld: lanes.held().length > 0,
      areNotified: lanes.isNotified(),
      pollMs: options.pollMs,
      heldDueInMs: heldStreams.dueInMs(),
    });
    if (after.do === "ask to be notified") return lanes.askToBeNotified();
    if (after.do === "rest") return bell.rest(after.ms);
    if (after.stopsBeingNotified) await lanes.stopBeingNotified();
    if (after.restMs !== undefined) await bell.rest(after.restMs);
    await restAfter(round.records, PACE, endedAt);
  };

  const run = async () => {
    while (!stopping) {
      state = began(state, Date.now());
      try {
        if (!state.isConnected) await publisher.connect();
        state = { ...state, isConnected: true };
        const round = await relayOnce();
        state = succeeded(state);
        tidier.worked(round.records);
        await rested(round);
      } catch (error) {
        state = failed(state, describe(error));
        const backoffMs = restMs(state);
        log.warn({ cause: state.lastFailure, backoffMs }, "relaying failed, trying again");
        await Bun.sleep(backoffMs);
      }
    }
  };

  const running = run();
  return {
    async stop() {
      stopping = true;
      bell.ring();
      await running;
      await outbox
        .settle()
        .catch((error) => log.warn({ cause: describe(error) }, "what was published will be published again"));
      await lanes.release();
    },
    status() {
      const { failures, lastFailure } = state;
      const held = heldStreams.summary();
      return { lanes: lanes.held(), published, failures, lastFailure, ...(held && { held }) };
    },
    notReady: () => whyNotReady(state, Date.now()) ?? lanes.notReady(),
  };
}
