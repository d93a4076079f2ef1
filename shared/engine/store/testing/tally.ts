// For tests: the smallest aggregate that can refuse, and stores of it as in processes of their own.
import * as v from "valibot";
import { accept, type Decider, refuse } from "@millrace/domain/decider";
import { createCodec } from "@millrace/events/codec";
import { createLog } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { createAppender } from "../appender.ts";
import { createLoader } from "../load.ts";
import type { Aggregate } from "../present.ts";
import { defineSnapshot, type SnapshotDefinition } from "../snapshot.ts";
import { createSnapshots } from "../snapshots.ts";
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
  /** The last one. */
  readonly note?: string;
}

export type Added = {
  readonly type: "Added";
  readonly data: { readonly by: number; readonly note?: string };
};
export type TooMuch = { readonly code: "too_much" };

/** An addition of nothing is accepted and adds no event. */
export const tallyDecider: Decider<Add, Tally, Added, TooMuch> = {
  category: "tally",
  initialState: { sum: 0 },
  evolve({ sum, ...before }, { data: { by, ...after } }) {
    return { ...before, ...after, sum: sum + by };
  },
  decide({ by, most = Number.POSITIVE_INFINITY, note }, { sum }) {
    if (sum + by > most) return refuse({ code: "too_much" });
    if (by === 0) return accept();
    return accept({ type: "Added", data: note === undefined ? { by } : { by, note } });
  },
};

export const tallyCodec = createCodec<Added>({
  Added: {
    schemaVersion: 1,
    schema: v.object({ by: v.number(), note: v.exactOptional(v.string()) }),
    upcasters: [],
  },
});

export const tallySnapshot: SnapshotDefinition<Tally, Added> = {
  decider: tallyDecider,
  codec: tallyCodec,
  schema: v.object({ sum: v.number(), note: v.exactOptional(v.string()) }),
  examples: { Added: [{ by: 1 }, { by: -2, note: "less" }] },
};

export const tally: Aggregate<Add, Tally, Added, TooMuch> = {
  decider: tallyDecider,
  codec: tallyCodec,
  snapshot: defineSnapshot(tallySnapshot),
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
    snapshots: createSnapshots(sql, createLog("tally", "silent")),
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
