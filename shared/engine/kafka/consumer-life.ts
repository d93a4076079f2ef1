// A consumer's life as a value: which client is there, what it said last, how long to rest before the next one. `step`
// is pure; consume.ts carries the effects out, in their order. Must never heed a client that is gone, or let two be there.
import { backoffMs } from "@millrace/platform/backoff";
import type { ConsumerState, TopicPartition } from "./consume.ts";

export interface Life {
  readonly state: ConsumerState;
  readonly isStopping: boolean;
  /** The number of the latest client; each has its own. */
  readonly clients: number;
  /** Undefined from the moment that a client has to go until the next one is made. */
  readonly client: Client | undefined;
  /** The client that has to go, until it has left its group. */
  readonly leaving: { readonly reason: string; readonly openedAt: number } | undefined;
  /** Clients that ended one after the other, none of which had lived for long. */
  readonly endings: number;
  /** Topics that can't be read, and why. Between two clients it is what the former one found. */
  readonly absent: ReadonlyMap<string, string>;
  /** Why nothing was fetched since then. */
  readonly trouble: { readonly reason: string; readonly since: Date } | undefined;
}

export interface Client {
  readonly number: number;
  /** In ms of the clock that inputs carry, as `lastSignAt`. */
  readonly openedAt: number;
  readonly lastSignAt: number;
  /** By broker. */
  readonly fetchedAt: ReadonlyMap<number, number>;
  /** A look for absent topics is under way; from the start, as the client looks before it subscribes. */
  readonly isLooking: boolean;
}

export const UNSTARTED: Life = {
  state: "stopped",
  isStopping: false,
  clients: 0,
  client: undefined,
  leaving: undefined,
  endings: 0,
  absent: new Map(),
  trouble: undefined,
};

/** What one client says, by its number. */
export type Said =
  /** Before it subscribes to the others. */
  | { readonly is: "found absent"; readonly topics: ReadonlyMap<string, string> }
  /** Undefined: Kafka could not be asked. */
  | { readonly is: "looked again"; readonly absent: ReadonlyMap<string, string> | undefined }
  | { readonly is: "alive" | "rebalancing" }
  | { readonly is: "joined"; readonly assignment: readonly TopicPartition[] }
  /** `at` is in ms, by the client's clock. */
  | { readonly is: "fetched"; readonly broker: number; readonly at: number }
  /** From time to time, whatever the client does. */
  | { readonly is: "watched" }
  | { readonly is: "failed"; readonly reason: string };

export type Input =
  | { readonly is: "started" | "stopping" }
  /** The backoff is over. */
  | { readonly is: "rested" }
  /** The client that had to go has left. */
  | { readonly is: "left" }
  | { readonly is: "said"; readonly client: number; readonly what: Said };

export type Effect =
  | { readonly do: "open a client"; readonly number: number }
  | { readonly do: "have the client leave" }
  | { readonly do: "rest"; readonly reason: string; readonly ms: number }
  | { readonly do: "look for absent topics"; readonly client: number; readonly topics: readonly string[] }
  | { readonly do: "say what is assigned"; readonly assignment: readonly TopicPartition[] }
  /** Nothing is open, and nothing will be. */
  | { readonly do: "say what is revoked" | "say that a fetch is late" | "finish" };

export interface Step {
  readonly life: Life;
  readonly effects: readonly Effect[];
}

/** A fetch that comes so long after the one before is late; deleting and creating a topic takes about as long. */
export const LATE_MS = 500;
/** Rests before the next client, in ms. */
export const BACKOFF = { firstMs: 200, mostMs: 5_000 };
/** A client that has neither fetched nor rebalanced for this long has stalled. */
export const STALL_MS = 30_000;

export function step(life: Life, input: Input, nowMs: number): Step {
  switch (input.is) {
    case "started":
      if (life.state !== "stopped") throw new Error("A consumer starts once, and again after it has stopped");
      return opened({ ...life, isStopping: false, endings: 0 }, nowMs);
    case "stopping":
      return stopping(life);
    case "rested":
      return life.state === "backing-off" ? opened(life, nowMs) : same(life);
    case "left":
      return left(life, nowMs);
    case "said":
      if (life.client?.number !== input.client) return same(life);
      return said(life, life.client, input.what, nowMs);
  }
}

function opened(life: Life, nowMs: number): Step {
  const number = life.clients + 1;
  const client = { number, openedAt: nowMs, lastSignAt: nowMs, fetchedAt: new Map(), isLooking: true };
  return {
    life: { ...life, state: "joining", clients: number, client },
    effects: [{ do: "open a client", number }],
  };
}

/** Waits out neither a backoff nor a client that is still joining. */
function stopping(life: Life): Step {
  if (life.state === "stopped") return same(life);
  const next: Life = { ...life, isStopping: true };
  if (life.client) return ended(next, life.client, "stopping");
  if (life.leaving) return same(next);
  return { life: { ...next, state: "stopped" }, effects: [{ do: "finish" }] };
}

function ended(life: Life, { openedAt }: Client, reason: string): Step {
  return {
    life: { ...life, client: undefined, leaving: { reason, openedAt } },
    effects: [{ do: "say what is revoked" }, { do: "have the client leave" }],
  };
}

function left(life: Life, nowMs: number): Step {
  const { leaving, isStopping } = life;
  if (!leaving) return same(life);
  if (isStopping) {
    return { life: { ...life, leaving: undefined, state: "stopped" }, effects: [{ do: "finish" }] };
  }
  const { reason, openedAt } = leaving;
  const endings = nowMs - openedAt > STALL_MS ? 1 : life.endings + 1;
  const since = life.trouble?.since ?? new Date(nowMs);
  return {
    life: {
      ...life,
      state: "backing-off",
      leaving: undefined,
      endings,
      trouble: { reason, since },
    },
    effects: [{ do: "rest", reason, ms: backoffMs(endings, BACKOFF) }],
  };
}

function said(life: Life, client: Client, what: Said, nowMs: number): Step {
  const alive = { ...client, lastSignAt: nowMs };
  switch (what.is) {
    case "found absent":
      return same({ ...life, absent: what.topics, client: { ...client, isLooking: false } });
    case "looked again":
      if (what.absent && what.absent.size < life.absent.size) {
        return ended(life, client, "a topic that was absent is there");
      }
      return same({ ...life, client: { ...client, isLooking: false } });
    case "alive":
      return same({ ...life, client: alive });
    case "rebalancing":
      return {
        life: { ...life, state: "rebalancing", client: alive },
        effects: [{ do: "say what is revoked" }],
      };
    case "joined":
      return {
        life: { ...life, state: "consuming", client: alive },
        effects: [{ do: "say what is assigned", assignment: what.assignment }],
      };
    case "fetched":
      return fetched({ ...life, client: alive }, alive, what);
    case "watched":
      return watched(life, client, nowMs);
    case "failed":
      return ended(life, client, what.reason);
  }
}

function fetched(life: Life, client: Client, { broker, at }: Extract<Said, { is: "fetched" }>): Step {
  const before = client.fetchedAt.get(broker) ?? at;
  const fetchedAt = new Map(client.fetchedAt).set(broker, at);
  return {
    life: { ...life, trouble: undefined, client: { ...client, fetchedAt } },
    effects: at - before > LATE_MS ? [{ do: "say that a fetch is late" }] : [],
  };
}

function watched(life: Life, client: Client, nowMs: number): Step {
  if (nowMs - client.lastSignAt > STALL_MS) {
    return ended(life, client, `no sign of life for ${STALL_MS} ms`);
  }
  if (client.isLooking || life.absent.size === 0) return same(life);
  return {
    life: { ...life, client: { ...client, isLooking: true } },
    effects: [{ do: "look for absent topics", client: client.number, topics: [...life.absent.keys()] }],
  };
}

function same(life: Life): Step {
  return { life, effects: [] };
}
