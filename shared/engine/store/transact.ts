// Load, decide, append: the one way to change a stream.
import { streamName } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import type { Tracing } from "@millrace/platform/tracing";
import { type Aggregate, beginningOf } from "./present.ts";
import { decideOne, type Settled, type Transaction } from "./settle.ts";
import type { QueuedStore } from "./stream-queue.ts";
import type { StreamQueues } from "./stream-queues.ts";

/** `key_taken`: the idempotency key has an answer already; nothing was appended. */
export type Outcome<State, Event, Refusal> =
  | Settled<State, Event, Refusal>
  | { readonly outcome: "key_taken" };

export interface EventStore extends QueuedStore {
  /** This process has one: commands on one stream wait in it for each other. */
  readonly queues: StreamQueues;
  /** Where there is one, events go on with their request's trace. */
  readonly tracing?: Tracing | undefined;
}

/**
 * Decides the commands on the stream's present state and appends what follows with that state's version.
 * A lost race is decided again on the new state.
 * @throws Failure `concurrent_update` when races were lost for longer than `raceMsMax`, `event_too_large` for what Kafka
 * could not carry; what `Appender` and `Loader` throw.
 */
export function transact<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
): Promise<Outcome<State, Event, Refusal>> {
  if (!store.tracing) return decide(store, aggregate, transaction);
  return traced(store.tracing, aggregate.decider.category, transaction, (inside) =>
    decide(store, aggregate, inside),
  );
}

async function decide<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
): Promise<Outcome<State, Event, Refusal>> {
  if (transaction.isHidden) return decideHidden(store, aggregate, transaction);
  const stream = streamName(aggregate.decider.category, transaction.aggregateId);
  if (transaction.likelyNew && !store.queues.has(stream)) {
    const begun = await begin(store, aggregate, stream, transaction);
    if (begun) return begun;
  }
  return store.queues.decide(store, aggregate, { stream, transaction });
}

/** On no stream at all, so that the answer takes as long however much has happened to the one that is hidden. */
async function decideHidden<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
): Promise<Outcome<State, Event, Refusal>> {
  // Appends of one stream wait for each other: this one waits for none.
  const stream = `hidden-${transaction.idempotency?.key ?? ""}`;
  const present = beginningOf(aggregate);
  const { settled, printed } = decideOne(aggregate, { stream, transaction, present, now: store.now() });
  if (!printed) return settled;
  if (printed.rows.length > 0)
    throw new Error(`${aggregate.decider.category} would begin for one who may not see whether it is there`);
  const append = { stream, expectedVersion: 0, commands: [printed], bytes: printed.bytes };
  return (await store.appender.append(append)) === "appended" ? settled : { outcome: "key_taken" };
}

/** Undefined where the stream is there already, or nothing follows: that proves nothing without a look at it. */
async function begin<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  transaction: Transaction<Command, State, Event, Refusal>,
): Promise<Outcome<State, Event, Refusal> | undefined> {
  const present = beginningOf(aggregate);
  const { settled, printed } = decideOne(aggregate, { stream, transaction, present, now: store.now() });
  if (!printed || printed.rows.length === 0) return undefined;
  const append = { stream, expectedVersion: 0, commands: [printed], bytes: printed.bytes };
  const outcome = await store.appender.append(append);
  if (outcome === "conflict") return undefined;
  return outcome === "appended" ? settled : { outcome: "key_taken" };
}

/** A span a transaction, which its events name as what led to them. */
async function traced<Command, State, Event, Refusal>(
  tracing: Tracing,
  category: string,
  transaction: Transaction<Command, State, Event, Refusal>,
  run: (inside: typeof transaction) => Promise<Outcome<State, Event, Refusal>>,
): Promise<Outcome<State, Event, Refusal>> {
  const { metadata, aggregateId } = transaction;
  const span = tracing.start(`append ${category}`, {
    kind: "client",
    parent: metadata.traceparent,
    attributes: {
      "db.system.name": "postgresql",
      "millrace.stream": streamName(category, aggregateId),
      "millrace.correlation_id": metadata.correlationId,
    },
  });
  try {
    const settled = await run({ ...transaction, metadata: { ...metadata, traceparent: span.traceparent } });
    const events = settled.outcome === "accepted" ? settled.events.length : 0;
    span.end({ attributes: { "millrace.outcome": settled.outcome, "millrace.events": events } });
    return settled;
  } catch (error) {
    span.end({ failure: describe(error) });
    throw error;
  }
}
