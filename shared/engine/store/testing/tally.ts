// For tests: the smallest aggregate that can refuse, and stores of it as in processes of their own.
import { accept, refuse } from "@millrace/domain/decider";
import { Failure } from "@millrace/platform/failure";
import type { Sql } from "@millrace/platform/postgres";
import { createAppender } from "../appender.ts";
import { createLoader } from "../load.ts";
import type { Aggregate } from "../present.ts";
import { createStreamQueues } from "../stream-queues.ts";
import { type EventStore, transact } from "../transact.ts";

export interface Add {
  readonly type: "Add";
  readonly by: number;
  /** Refused where the sum would pass it. */
  readonly most?: number;
  /** Makes the event as large as one likes. */
  readonly note?: string;
}

export interface Tally {
  readonly sum: number;
}

export type Added = {
  readonly type: "Added";
  readonly data: { readonly by: number; readonly note?: string };
};
export type TooMuch = { readonly code: "too_much" };

/** An addition of nothing is accepted and adds no event. */
export const tally: Aggregate<Add, Tally, Added, TooMuch> = {
  decider: {
    category: "tally",
    initialState: { sum: 0 },
    evolve: ({ sum }, { data }) => ({ sum: sum + data.by }),
    decide({ by, most = Number.POSITIVE_INFINITY, note }, { sum }) {
      if (sum + by > most) return refuse({ code: "too_much" });
      if (by === 0) return accept();
      return accept({ type: "Added", data: note === undefined ? { by } : { by, note } });
    },
  },
  codec: {
    encode: (event) => ({ ...event, schemaVersion: 1 }),
    schemaVersionOf: (type) => (type === "Added" ? 1 : undefined),
    decode({ type, data, version, at, metadata }) {
      if (type !== "Added") throw new Failure("event_unreadable", `${type} is no event of a tally`, false);
      return { type, data: JSON.parse(data), aggregateId: "", version, at, metadata };
    },
  },
};

export interface TallyStoreOptions {
  readonly flightsMax?: number;
  onBatch?(commands: number): void;
}

export function openTallyStore(sql: Sql, { flightsMax = 2, onBatch }: TallyStoreOptions = {}): EventStore {
  const bounds = { queueMax: 1_000, queueBytesMax: 10_000_000, batchMax: 200, flightsMax };
  return {
    appender: createAppender(sql, bounds, onBatch),
    loader: createLoader(sql),
    queues: createStreamQueues({ waitingMax: 10_000 }),
    now: () => "2026-01-02T03:04:05.678Z",
    raceMsMax: 20_000,
  };
}

export interface Asked {
  readonly key?: string;
  readonly expectedVersions?: readonly number[];
}

export function add(store: EventStore, aggregateId: string, command: Omit<Add, "type">, asked: Asked = {}) {
  const { key, expectedVersions } = asked;
  return transact(store, tally, {
    aggregateId,
    commands: [{ type: "Add", ...command }],
    metadata: { actor: "tester", correlationId: "c", causationId: "r" },
    ...(expectedVersions === undefined ? {} : { expectedVersions }),
    ...(key === undefined
      ? {}
      : {
          idempotency: {
            key,
            fingerprint: "f",
            answer: ({ outcome, version }) => ({ status: 200, headers: {}, body: { outcome, version } }),
          },
        }),
  });
}
