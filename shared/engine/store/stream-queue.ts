// One stream's commands, group by group: read what the stream has come to where that is not known, decide the commands
// that wait, store what follows in one append, answer each. Must never answer a command from a state that may be older
// than the command is.
import { Failure } from "@millrace/platform/failure";
import type { AppendOutcome } from "./append.ts";
import type { Appender } from "./appender.ts";
import type { Aggregate, Present } from "./present.ts";
import { type Reached, type ReadingStore, readOn } from "./read-on.ts";
import { decideGroup, type Group, type Settled, type Transaction } from "./settle.ts";
import { keepWhenDue } from "./snapshot-due.ts";

export interface QueuedStore extends ReadingStore {
  readonly appender: Appender;
  /** ISO 8601, UTC. */
  readonly now: () => string;
  /** Longest time, in ms, that a command is decided again and again because other processes change its stream. */
  readonly raceMsMax: number;
}

/** Commands in one append: a few milliseconds' work, after which other streams have their turn. */
const GROUP_COMMANDS_MAX = 100;

export interface Waiting<Command, State, Event, Refusal> {
  readonly transaction: Transaction<Command, State, Event, Refusal>;
  /** Ordinal among all commands that have come for the stream, from 1. */
  readonly place: number;
  /** When its first race was lost, by `performance.now()`. */
  lostAt?: number;
  resolve(outcome: Settled<State, Event, Refusal> | { readonly outcome: "key_taken" }): void;
  reject(error: unknown): void;
}

export interface StreamQueue<Command, State, Event, Refusal> {
  readonly stream: string;
  waiting: Waiting<Command, State, Event, Refusal>[];
  /** Commands that have come so far. */
  arrived: number;
  /** What the stream has come to, as far as it is known. */
  reached: Reached<State> | undefined;
  /** It holds all that had been stored when the command of this place came. */
  presentSince: number;
  /** Others may have changed the stream: what they have added is read before the next group. */
  mustRead: boolean;
  /** Commands to be stored one by one, since a value of one of them was refused when they were stored together. */
  alone: number;
}

/** Answers how many commands it has settled. @throws what the loader throws, which concerns all that wait */
export async function settleGroup<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: QueuedStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  queue: StreamQueue<Command, State, Event, Refusal>,
): Promise<number> {
  const known = queue.mustRead ? undefined : queue.reached;
  const reached = known ?? (await readPresent(store, aggregate, queue));
  const group = takeGroup(store, aggregate, queue, reached.present);
  if (group.results.length === 0) return 0;
  const members = queue.waiting.slice(0, group.results.length);
  const stored = members.filter((_, index) => printedOf(group, index));
  const { arrived } = queue;
  const expectedVersion = reached.present.version;
  const outcome = await storeGroup(store, { stream: queue.stream, expectedVersion }, group).catch(
    (error: unknown) => ({ error }),
  );
  if (outcome === "appended") {
    const events = group.present.version - expectedVersion;
    if (events > 0) {
      queue.presentSince = arrived;
      queue.reached = keepWhenDue(store, aggregate, queue.stream, {
        ...reached,
        present: group.present,
        eventsSince: reached.eventsSince + events,
        bytesSince: reached.bytesSince + group.bytes,
      });
    }
    queue.alone = Math.max(0, queue.alone - 1);
    return leave(queue, members, (one, index) => {
      const result = group.results[index];
      if (result && "settled" in result) one.resolve(result.settled);
      else one.reject(result?.error);
    });
  }
  if (outcome === "conflict") return loseRace(store, queue, members);
  if ("keysTaken" in outcome) {
    const taken = stored.filter((_, index) => outcome.keysTaken.includes(index));
    return leave(queue, taken, (one) => one.resolve({ outcome: "key_taken" }));
  }
  const { error } = outcome;
  if (stored.length > 1 && !(error instanceof Failure && error.retryable)) {
    queue.alone = members.length;
    return 0;
  }
  // Perhaps it was stored.
  queue.mustRead = true;
  return leave(queue, stored, (one) => one.reject(error));
}

async function readPresent<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: QueuedStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  queue: StreamQueue<Command, State, Event, Refusal>,
): Promise<Reached<State>> {
  const { stream, arrived, reached: known } = queue;
  const read = await readOn(store, aggregate, stream, known);
  queue.presentSince = arrived;
  queue.mustRead = known !== undefined && read.present.version > known.present.version;
  queue.reached = keepWhenDue(store, aggregate, stream, read);
  return queue.reached;
}

/**
 * What is appended proves that the state was the present one, for all that were decided on it. Where nothing would be,
 * only those are answered that came before the state was read; the others wait until it has been read again.
 */
function takeGroup<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: QueuedStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  queue: StreamQueue<Command, State, Event, Refusal>,
  present: Present<State>,
): Group<State, Event, Refusal> {
  const { stream, waiting, presentSince } = queue;
  const members = waiting.slice(0, queue.alone > 0 ? 1 : GROUP_COMMANDS_MAX);
  const transactions = members.map(({ transaction }) => transaction);
  const group = decideGroup(aggregate, { stream, transactions, present, now: store.now() });
  if (group.present.version > present.version) return group;
  const results = group.results.filter((_, index) => (members[index]?.place ?? 0) <= presentSince);
  if (results.length < group.results.length) queue.mustRead = true;
  return { ...group, results };
}

async function storeGroup(
  { appender }: QueuedStore,
  place: { readonly stream: string; readonly expectedVersion: number },
  group: Group<unknown, unknown, unknown>,
): Promise<AppendOutcome> {
  const commands = group.results.flatMap((_, index) => printedOf(group, index) ?? []);
  if (commands.length === 0) return "appended";
  return appender.append({ ...place, commands, bytes: group.bytes });
}

function loseRace<Command, State, Event, Refusal>(
  { raceMsMax }: QueuedStore,
  queue: StreamQueue<Command, State, Event, Refusal>,
  members: readonly Waiting<Command, State, Event, Refusal>[],
): number {
  queue.mustRead = true;
  const now = performance.now();
  for (const one of members) one.lostAt ??= now;
  const late = members.filter(({ lostAt = now }) => now - lostAt > raceMsMax);
  const message = `${queue.stream} was changed by other processes each time that this command was decided, for ${raceMsMax} ms`;
  return leave(queue, late, (one) => one.reject(new Failure("concurrent_update", message, true)));
}

/** Answers how many they are. */
function leave<Command, State, Event, Refusal>(
  queue: StreamQueue<Command, State, Event, Refusal>,
  settled: readonly Waiting<Command, State, Event, Refusal>[],
  settle: (one: Waiting<Command, State, Event, Refusal>, index: number) => void,
): number {
  const left = new Set(settled);
  queue.waiting = queue.waiting.filter((one) => !left.has(one));
  for (const [index, one] of settled.entries()) settle(one, index);
  return settled.length;
}

function printedOf({ results }: Group<unknown, unknown, unknown>, index: number) {
  const result = results[index];
  return result && "printed" in result ? result.printed : undefined;
}
