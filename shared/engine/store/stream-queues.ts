// The commands of this process that wait for streams: those on one stream are decided one after another and appended in
// one commit, those on different streams side by side. Must never make one stream wait for another.
import { Failure } from "@millrace/platform/failure";
import type { Aggregate } from "./present.ts";
import type { Settled, Transaction } from "./settle.ts";
import { type QueuedStore, type StreamQueue, settleGroup } from "./stream-queue.ts";

export interface StreamQueues {
  /** Commands are waiting for the stream, or being stored. */
  has(stream: string): boolean;
  /** Commands that are waiting or being stored. */
  depth(): number;
  /**
   * @throws Failure `concurrent_update` when races were lost for longer than `raceMsMax`, `append_queue_full` past the
   * bound, `event_too_large` for what Kafka could not carry; what `Appender` and `Loader` throw.
   */
  decide<Command, State, Event extends { type: string; data: unknown }, Refusal>(
    store: QueuedStore,
    aggregate: Aggregate<Command, State, Event, Refusal>,
    asked: { readonly stream: string; readonly transaction: Transaction<Command, State, Event, Refusal> },
  ): Promise<Settled<State, Event, Refusal> | { readonly outcome: "key_taken" }>;
}

/** Streams whose state is kept when none waits for them any more: each may take as much memory as an event does. */
const KEPT_STREAMS_MAX = 16;

/** A stream's name says which aggregate it is of: what is found under it has that aggregate's types. */
type Queues = Map<string, unknown>;

type Kept = Pick<StreamQueue<unknown, unknown, unknown, unknown>, "reached" | "mustRead">;

export function createStreamQueues(bounds: { readonly waitingMax: number }): StreamQueues {
  const queues: Queues = new Map();
  const kept = new Map<string, Kept>();
  let depth = 0;

  const serve = async <Command, State, Event extends { type: string; data: unknown }, Refusal>(
    store: QueuedStore,
    aggregate: Aggregate<Command, State, Event, Refusal>,
    queue: StreamQueue<Command, State, Event, Refusal>,
  ) => {
    // One turn of the event loop gathers every command that arrived in the same read.
    if (queue.reached) await new Promise(setImmediate);
    let settled = 0;
    while (queue.waiting.length > 0) {
      settled = await settleGroup(store, aggregate, queue).catch((error: unknown) => rejectAll(queue, error));
      depth -= settled;
    }
    queues.delete(queue.stream);
    // Where commands came together others will, before long: the stream need not be read again for them.
    if (settled > 1) keep(queue);
  };

  const keep = ({ stream, reached, mustRead }: { stream: string } & Kept) => {
    kept.set(stream, { reached, mustRead });
    const [oldest] = kept.keys();
    if (kept.size > KEPT_STREAMS_MAX && oldest !== undefined) kept.delete(oldest);
  };

  const open = <Command, State, Event, Refusal>(
    stream: string,
  ): StreamQueue<Command, State, Event, Refusal> => {
    const { reached, mustRead } = kept.get(stream) ?? { reached: undefined, mustRead: false };
    kept.delete(stream);
    const queue = { stream, waiting: [], arrived: 0, reached, presentSince: 0, mustRead, alone: 0 };
    queues.set(stream, queue);
    return queue as StreamQueue<Command, State, Event, Refusal>;
  };

  return {
    has: (stream) => queues.has(stream),
    depth: () => depth,
    decide<Command, State, Event extends { type: string; data: unknown }, Refusal>(
      store: QueuedStore,
      aggregate: Aggregate<Command, State, Event, Refusal>,
      { stream, transaction }: { stream: string; transaction: Transaction<Command, State, Event, Refusal> },
    ) {
      return new Promise<Settled<State, Event, Refusal> | { outcome: "key_taken" }>((resolve, reject) => {
        if (depth >= bounds.waitingMax) throw full(depth);
        depth++;
        const found = queues.get(stream) as StreamQueue<Command, State, Event, Refusal> | undefined;
        const queue = found ?? open<Command, State, Event, Refusal>(stream);
        queue.waiting.push({ transaction, place: ++queue.arrived, resolve, reject });
        if (!found) void serve(store, aggregate, queue);
      });
    },
  };
}

/** Answers how many they are. */
function rejectAll(queue: { waiting: { reject(error: unknown): void }[] }, error: unknown): number {
  const rejected = queue.waiting.splice(0);
  for (const one of rejected) one.reject(error);
  return rejected.length;
}

function full(depth: number): Failure {
  return new Failure("append_queue_full", `${depth} commands wait for their streams already`, true);
}
