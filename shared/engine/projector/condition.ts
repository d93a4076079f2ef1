// What a partition's actor has said of itself, as it is shown and logged: its state, and what it could not handle.
import type { TopicPartition } from "@millrace/kafka/consume";
import type { Log } from "@millrace/platform/log";
import type { ActorState, FromActor } from "./protocol.ts";
import type { PartitionStatus } from "./status.ts";

type Said<Type extends FromActor["type"]> = Extract<FromActor, { readonly type: Type }>;

export interface Condition {
  enter(state: ActorState, detail?: string): void;
  parked(message: Said<"parked">): void;
  foreign(message: Said<"foreign">): void;
  waiting(message: Said<"waiting">): void;
  left(message: Said<"left">): void;
  /** Why nothing of the partition goes on, where that is so. */
  standsStill(): string | undefined;
  status(inHand: number): Pick<PartitionStatus, Shown>;
}

type Shown = "state" | "detail" | "left" | "parked" | "foreign" | "lastForeign" | "waitingKeys";

/** Shortest time, in ms, between two log lines about foreign records: a sender of thousands a second fills no disk. */
const LOG_EVERY_MS = 10_000;

export function createCondition({ topic, partition, log }: TopicPartition & { log: Log }): Condition {
  let state: ActorState = "starting";
  let detail: string | undefined;
  let parked = 0;
  let foreign: { readonly records: number; readonly last?: number } = { records: 0 };
  let left: readonly string[] = [];
  let loggedAt = Number.NEGATIVE_INFINITY;
  let waiting: Pick<Said<"waiting">, "keys" | "cause"> = { keys: 0, cause: undefined };

  const shown = (inHand: number) => {
    if (state !== "idle") return { state, detail };
    if (inHand > 0) return { state: "working" } as const;
    return waiting.keys > 0
      ? ({ state: "waiting-for-newer-code", detail: waiting.cause } as const)
      : { state };
  };

  return {
    enter(next, why) {
      const fields = { topic, partition, state: next, cause: why };
      if (next === "backing-off") log.warn(fields, "actor is waiting out a failure");
      if (isStill(next)) log.error(fields, "partition stands still");
      if (next === "starting") waiting = { keys: 0, cause: undefined };
      if (next === "starting") left = [];
      state = next;
      detail = why;
    },
    parked(message) {
      parked++;
      log.error({ topic, partition, ...message }, "record parked");
    },
    foreign({ records, offset }) {
      // Each read model of the topic reports the same ones.
      if (offset <= (foreign.last ?? -1)) return;
      foreign = { records: foreign.records + records, last: offset };
      if (performance.now() - loggedAt < LOG_EVERY_MS) return;
      loggedAt = performance.now();
      const fields = { topic, partition, offset, foreign: foreign.records };
      log.warn(fields, "passed over records that are no events of ours");
    },
    waiting(message) {
      if (message.cause !== waiting.cause && message.keys > 0)
        log.warn({ topic, partition, ...message }, "keys wait for newer code, the others go on");
      waiting = message;
    },
    left({ projections }) {
      left = projections;
      const advice = "build them with `bun run ops projections rebuild`";
      log.error({ topic, partition, projections }, `too far behind for others to wait for them: ${advice}`);
    },
    standsStill: () =>
      isStill(state) || state === "backing-off" ? `${topic}/${partition} (${detail})` : undefined,
    status(inHand) {
      const { state: now, detail: why } = shown(inHand);
      return {
        state: now,
        ...(why === undefined ? {} : { detail: why }),
        parked,
        foreign: foreign.records,
        ...(foreign.last === undefined ? {} : { lastForeign: foreign.last }),
        waitingKeys: waiting.keys,
        left,
      };
    },
  };
}

function isStill(state: ActorState): boolean {
  return state === "halted" || state === "waiting-for-newer-code";
}
