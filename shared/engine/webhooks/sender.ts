// The sender tries each due delivery once and settles it. Several senders share the table by leases; one that is killed delays
// the deliveries it had and loses none. Must never hold a transaction over a try.
//
// resting    nothing is due; woken by a notification, the next due time or the slow net
// claiming   leasing as much of each endpoint as it has room for
// stopping   nothing new; what is under way is cut off and handed back
import { ringOn } from "@millrace/platform/bell";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { inRounds } from "@millrace/platform/rounds";
import { dataAt } from "@millrace/store/events-at";
import { bodyOf } from "./body.ts";
import {
  claimDeliveries,
  type Delivery,
  type DueEndpoint,
  dueEndpoints,
  judgeEndpoints,
  nextDueInMs,
  settleDeliveries,
  type Verdict,
} from "./deliveries.ts";
import type { Internal, Resolve } from "./destination.ts";
import { WEBHOOKS_CHANNEL } from "./handler.ts";
import { createPlaces } from "./places.ts";
import type { Sealer } from "./seal.ts";
import { type Outcome, SEND_MS_MAX, send } from "./send.ts";
import { signedHeaders } from "./signature.ts";
import { settledBy, type Tried, verdictsOf } from "./verdict.ts";

export interface SenderOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly sealer: Sealer;
  readonly internal: Internal;
  readonly resolve: Resolve;
  readonly ca?: string | undefined;
  readonly leaseMs?: number;
  readonly pollMs?: number;
  /** A try has ended. */
  onTried?(outcome: Outcome["is"], seconds: number): void;
}

export interface Sender {
  /** Resolves when nothing is in hand any more. */
  stop(): Promise<void>;
  status(): { readonly sending: number; readonly lastFailure: string | undefined };
}

/** Lease of a delivery, in ms: for its try, for settling it, and for a slow disk. A kill delays it by at most that. */
const LEASE_MS = 2 * SEND_MS_MAX;
/** Longest rest, in ms, between claims. Due times are known and new deliveries are notified, so it only catches what was lost. */
const POLL_MS = 5_000;
/** Pause, in ms, before Postgres is asked again after it failed. */
const RETRY_MS = 1_000;

export function startSender(options: SenderOptions): Sender {
  const { sql, log, leaseMs = LEASE_MS, pollMs = POLL_MS } = options;
  const places = createPlaces();
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  const settling = createSettling({ sql, log });
  let lastFailure: string | undefined;

  const claimAll = async (): Promise<number> => {
    // Tries that end together are claimed for together.
    await Bun.sleep(CLAIM_EVERY_MS);
    let claimed = 0;
    const failures: unknown[] = [];
    for (const endpoint of await dueEndpoints(sql)) {
      // One whose events can't be read holds up no other.
      await claimOf(endpoint).then(
        (count) => {
          claimed += count;
        },
        (error) => failures.push(error),
      );
    }
    if (failures.length > 0) throw failures[0];
    lastFailure = undefined;
    // A try that ends rings: then there is a place for what else is due.
    if (claimed > 0) return pollMs;
    // What waits behind another of its stream is due all the same.
    return Math.max(Math.min((await nextDueInMs(sql)) ?? pollMs, pollMs), LEAST_REST_MS);
  };

  const claimOf = async (endpoint: DueEndpoint): Promise<number> => {
    const most = places.room(endpoint);
    if (most === 0 || stopping.signal.aborted) return 0;
    const deliveries = await claimDeliveries(sql, { endpoint, most, leaseMs });
    const data = endpoint.payload === "full" ? await dataOf(sql, deliveries) : [];
    for (const [index, delivery] of deliveries.entries()) takeUp(endpoint, delivery, data[index]);
    return deliveries.length;
  };

  const takeUp = (endpoint: DueEndpoint, delivery: Delivery, data: string | undefined) => {
    places.take(endpoint.id);
    const startedMs = performance.now();
    const tried = { endpoint, delivery, data };
    const work = attempt(tried, options, stopping.signal).then(async (outcome) => {
      const tookMs = Math.round(performance.now() - startedMs);
      options.onTried?.(outcome.is, tookMs / 1_000);
      await settling.add({ endpoint: endpoint.id, failing: endpoint.failing, delivery, outcome, tookMs });
      places.leave(endpoint.id);
      sending.delete(work);
      rounds.ring();
    });
    sending.add(work);
  };

  const rounds = inRounds(claimAll, {
    everyMs: RETRY_MS,
    onFailure(error) {
      lastFailure = describe(error);
      log.warn({ cause: lastFailure }, "webhooks can't be claimed, trying again");
    },
  });
  ringOn(sql, WEBHOOKS_CHANNEL, rounds, log);

  return {
    async stop() {
      stopping.abort();
      await rounds.stop();
      await Promise.all(sending);
    },
    status: () => ({ sending: places.taken(), lastFailure }),
  };
}

/** Shortest time, in ms, between two claims. With the places of one endpoint it allows more than a thousand webhooks a second. */
const CLAIM_EVERY_MS = 10;
/** Pause, in ms, where something is due and nothing of it could be claimed. */
const LEAST_REST_MS = 100;

function dataOf(sql: Sql, deliveries: readonly Delivery[]) {
  const places = deliveries.map(({ stream, version }) => ({ stream: stream ?? "", version: version ?? 0 }));
  return dataAt(sql, places);
}

interface Attempt {
  readonly endpoint: DueEndpoint;
  readonly delivery: Delivery;
  /** The event's data, JSON text; undefined where the body is thin. */
  readonly data: string | undefined;
}

async function attempt(
  { endpoint, delivery, data }: Attempt,
  options: SenderOptions,
  stopping: AbortSignal,
): Promise<Outcome> {
  const secrets = secretsOf(endpoint, options.sealer);
  if ("failure" in secrets) return { is: "refused", failure: secrets.failure };
  const body = bodyOf({ ...delivery, data });
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = signedHeaders({ id: delivery.id, timestamp, body }, secrets.open);
  const outgoing = { url: endpoint.url, headers, body, attempts: delivery.attempts };
  return send(outgoing, { ...options, stopping });
}

/** The endpoint's secrets, opened. Where one can't be opened the delivery is refused: no later try could be signed either. */
function secretsOf(
  { id, secret, formerSecret }: DueEndpoint,
  sealer: Sealer,
): { readonly open: string[] } | { readonly failure: string } {
  try {
    return {
      open: [secret, ...(formerSecret ? [formerSecret] : [])].map((sealed) => sealer.open(sealed, id)),
    };
  } catch (error) {
    return { failure: describe(error) };
  }
}

/** Settles tries that have ended, together: those that end while one statement runs go into the next. */
function createSettling({ sql, log }: { sql: Sql; log: Log }) {
  let waiting: { readonly tried: Tried; done(): void }[] = [];
  let isFlushing = false;

  const settle = async (tried: readonly Tried[]) => {
    // First: what is settled may be claimed at once, and nothing more goes to an endpoint that is disabled.
    await judge(verdictsOf(tried));
    await settleDeliveries(
      sql,
      tried.map((each) => settledBy(each, Math.random())),
    );
  };

  const judge = async (verdicts: readonly Verdict[]) => {
    if (verdicts.length === 0) return;
    for (const { id, reason } of await judgeEndpoints(sql, verdicts)) {
      log.error({ endpoint: id, reason }, "a webhook endpoint is disabled: nothing more is sent to it");
    }
  };

  const flush = async () => {
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await settle(batch.map(({ tried }) => tried)).catch((error) =>
        log.warn(
          { deliveries: batch.length, cause: describe(error) },
          "webhooks could not be settled: once their leases end, they are sent again",
        ),
      );
      for (const { done } of batch) done();
    }
    isFlushing = false;
  };

  return {
    /** Resolves when it is settled, or its lease has to end. */
    add: (tried: Tried) =>
      new Promise<void>((resolve) => {
        waiting.push({ tried, done: resolve });
        if (!isFlushing) void flush();
      }),
  };
}
