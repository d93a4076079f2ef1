// The relay: outbox to Kafka, at least once, in each stream's order. Removes an entry only after Kafka has
// acknowledged what it holds: a crash between the two repeats, never loses.
import {
  OUTBOX_CHANNEL,
  type OutboxEntry,
  parseTold,
  readOutbox,
  removeFromOutbox,
} from "@millrace/event-store/outbox";
import { BUSY_RECORDS, ENTRIES_MAX, PACE, REMOVED_LATER_MAX } from "@millrace/event-store/outbox-rounds";
import { toRecord } from "@millrace/kafka/event-record";
import type { OutgoingRecord, PublishedAt, Publisher } from "@millrace/kafka/publish";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { restAfter } from "@millrace/platform/pace";
import type { Sql } from "@millrace/platform/postgres";
import { createTidier } from "@millrace/platform/tidy";
import { holdLanes } from "./lanes.ts";
import { createRefilling } from "./refill.ts";

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
  };
  notReady(): string | undefined;
}

/** Of one publish: a broker takes a partition's records up to 1,048,588 bytes unless it is told otherwise. */
const PUBLISH_BYTES_MAX = 700_000;
/** Told of every append, a relay need not look again, only remove what it has published: unless it is told before. */
const REMOVED_WITHIN_MS = 50;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;

export function startRelay(options: RelayOptions): Relay {
  const { sql, publisher, log } = options;
  let published = 0;
  let failures = 0;
  let lastFailure: string | undefined;
  let connected = false;
  const tidier = createTidier();
  let stopping = false;
  let woken = false;
  let wake: (() => void) | undefined;
  /** Entries that came with their notification, to be published without a look at the outbox. */
  let told: OutboxEntry[] = [];
  /** The outbox may hold what no notification has brought. */
  let unseen = true;
  let lookedAt = 0;

  const nudge = () => {
    woken = true;
    wake?.();
  };
  const lookAgain = () => {
    unseen = true;
    nudge();
  };
  const hear = (payload: string) => {
    const entry = lanes.isTold() && told.length < ENTRIES_MAX ? parseTold(payload) : undefined;
    if (!entry) return lookAgain();
    if (!lanes.held().includes(entry.lane)) return;
    told.push(entry);
    nudge();
  };
  const lanes = holdLanes({ databaseUrl: options.databaseUrl, log, onChange: lookAgain });
  // postgres.js listens again after a lost connection; what was missed meanwhile is found by the look.
  const listening = sql.listen(OUTBOX_CHANNEL, hear, lookAgain);
  listening.catch((error) =>
    log.warn({ cause: describe(error) }, "not listening yet, the slow poll does the work"),
  );

  /** Until notified, or the slow net. A notification during the work before is not lost. */
  const rest = async (ms: number) => {
    if (!woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    woken = false;
    wake = undefined;
  };

  const restUntilTold = async () => {
    const working = lanes.held().length > 0;
    if (working && !lanes.isTold()) {
      await lanes.askToBeTold();
      // Nobody told of what came before this.
      unseen = true;
      return;
    }
    if (working) await refilling.upkeep();
    await rest(options.pollMs);
  };

  const run = async () => {
    let backoffMs = BACKOFF_FIRST_MS;
    while (!stopping) {
      try {
        if (!connected) {
          await publisher.connect();
          connected = true;
        }
        const moved = await relayOnce();
        backoffMs = BACKOFF_FIRST_MS;
        lastFailure = undefined;
        if (moved === 0) await restUntilTold();
        else if (moved >= BUSY_RECORDS && lanes.isTold()) await lanes.stopBeingTold();
        tidier.worked(moved);
        const doneAt = performance.now();
        if (moved > 0 && lanes.isTold()) await rest(REMOVED_WITHIN_MS);
        await restAfter(moved, PACE, doneAt);
      } catch (error) {
        failures++;
        unseen = true;
        lastFailure = describe(error);
        log.warn({ cause: lastFailure, backoffMs }, "relaying failed, trying again");
        await Bun.sleep(backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS);
      }
    }
  };

  /** Entries that Kafka has acknowledged, while they may still be seen in the table. */
  let acknowledged: readonly number[] = [];

  /** Splits what is too much for one request. */
  const publishAll = async (records: readonly OutgoingRecord[]) => {
    const places: PublishedAt[] = [];
    for (const chunk of chunks(records, options.recordsMax)) {
      places.push(...(await publisher.publish(chunk)));
      published += chunk.length;
    }
    return places;
  };
  const refilling = createRefilling({ sql, log, held: lanes.held, publish: publishAll, ends: options.ends });

  /** What no notification has brought, and what one may have failed to bring: the slow net. */
  const look = (held: readonly number[]) => {
    unseen = false;
    lookedAt = performance.now();
    return readOutbox(sql, { lanes: held, except: acknowledged, entriesMax: ENTRIES_MAX });
  };
  const mustLook = () => unseen || !lanes.isTold() || performance.now() - lookedAt >= options.pollMs;

  /**
   * Publishes what it was given with a notification, or looks. What rounds before have published is removed when there
   * is nothing else to do, or else once it is much, on the same way to Postgres and back as the next look: then whoever
   * follows this relay is done with it and the cores are free.
   */
  const relayOnce = async (): Promise<number> => {
    const held = lanes.held();
    const before = acknowledged;
    const given = told.filter(({ id, lane }) => held.includes(lane) && !before.includes(id));
    told = [];
    if (held.length === 0) return 0;
    if (refilling.isOverdue()) await refilling.upkeep();
    const reading = mustLook() ? look(held) : [];
    const removing = before.length >= REMOVED_LATER_MAX ? removeFromOutbox(sql, before) : undefined;
    // Whoever awaits it sees the failure; until then it is not an unhandled one.
    removing?.catch(() => {});
    const entries = inOrder(given, await reading);
    const ids = entries.map((entry) => entry.id);
    if (entries.length > 0) {
      await refilling.publish(entries.flatMap((entry) => entry.events.map(toRecord)));
      acknowledged = [...before, ...ids];
    }
    if (removing || entries.length === 0) {
      await (removing ?? removeFromOutbox(sql, before));
      acknowledged = ids;
    }
    return entries.reduce((records, { events }) => records + events.length, 0);
  };

  const running = run();
  return {
    async stop() {
      stopping = true;
      nudge();
      await running;
      await removeFromOutbox(sql, acknowledged).catch((error) =>
        log.warn({ cause: describe(error) }, "what was published will be published again"),
      );
      await lanes.release();
    },
    status: () => ({ lanes: lanes.held(), published, failures, lastFailure }),
    notReady: () => (connected ? undefined : "Kafka has not been reached yet"),
  };
}

/** Each entry once, in order of id. */
function inOrder(given: readonly OutboxEntry[], read: readonly OutboxEntry[]): readonly OutboxEntry[] {
  if (given.length === 0) return read;
  const entries = new Map([...given, ...read].map((entry) => [entry.id, entry]));
  return [...entries.values()].sort((a, b) => a.id - b.id);
}

/** Splits records, in order, so that no publish passes either bound; a record larger than that goes alone. */
export function* chunks(records: readonly OutgoingRecord[], recordsMax: number): Generator<OutgoingRecord[]> {
  let chunk: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (chunk.length > 0 && (chunk.length >= recordsMax || bytes + size > PUBLISH_BYTES_MAX)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** Room for a record's headers, with the longest ids that the edges let through. */
const HEADERS_BYTES = 1_200;

function recordBytes(record: OutgoingRecord): number {
  return Buffer.byteLength(record.value) + HEADERS_BYTES;
}
