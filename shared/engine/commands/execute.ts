// One command from wherever it came, decided, stored and answered. Must never run twice under one key.

import type { Principal } from "@millrace/access/principal";
import type { EventMetadata } from "@millrace/events/envelope";
import type { IfMatch } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import { Failure } from "@millrace/platform/failure";
import type { Sql } from "@millrace/platform/postgres";
import { orderCodec } from "@millrace/shop/order/codec";
import { orderDecider } from "@millrace/shop/order/decide";
import { orderOwnership } from "@millrace/shop/order/ownership";
import { userCodec } from "@millrace/shop/user/codec";
import { userDecider } from "@millrace/shop/user/decide";
import { userOwnership } from "@millrace/shop/user/ownership";
import type { StoredAnswer } from "@millrace/store/append";
import { findAnswer } from "@millrace/store/idempotency";
import { type EventStore, type Outcome, transact } from "@millrace/store/transact";
import { orderAnswer, userAnswer } from "./answers.ts";
import type { StreamCommands } from "./command-names.ts";
import { permitted } from "./ownership.ts";

export interface Executor {
  readonly sql: Sql;
  readonly store: EventStore;
  /** Called once a command with what became of it, and how long that took. */
  observe(type: string, outcome: CommandOutcome, seconds: number): void;
}

export type CommandOutcome = "accepted" | "refused" | "replayed" | "failed";

/** Plain JSON, so that it can be kept and run later. */
export interface Write {
  readonly target: StreamCommands;
  /** Who gives the command, as they were known when it was taken. */
  readonly principal: Principal;
  readonly metadata: EventMetadata;
  readonly ifMatch?: IfMatch;
  /** The command's own, which its envelope's id makes, where the request has none. */
  readonly key?: Key;
}

/** What makes a write happen at most once. */
export interface Key {
  readonly key: string;
  readonly fingerprint: string;
}

export interface Executed {
  readonly answer: StoredAnswer;
  /** The key had this answer already: nothing was changed now. */
  readonly replayed: boolean;
  /** The key belongs to another request: nothing was changed. */
  readonly keyReused?: true;
  /** Why a part of a batch has no outcome yet: the same write under the same key, sent again, settles it. */
  readonly unfinished?: unknown;
}

/** @throws what `permitted` and `transact` throw: Failures after which nothing is known to have changed. */
export async function execute(executor: Executor, write: Write, keyed?: Key): Promise<Executed> {
  const type = write.target.commands[0]?.type ?? "none";
  const startedAt = performance.now();
  const observe = (outcome: CommandOutcome) =>
    executor.observe(type, outcome, (performance.now() - startedAt) / 1000);
  try {
    const executed =
      (await decide(executor, write, keyed)) ??
      (await replay(executor.sql, keyed as Key, write.metadata.causationId));
    observe(outcomeOf(executed));
    return executed;
  } catch (error) {
    observe("failed");
    throw error;
  }
}

/** Undefined where the key has an answer already. */
async function decide({ store }: Executor, write: Write, keyed?: Key): Promise<Executed | undefined> {
  const { target, principal, metadata, ifMatch } = write;
  const { id, commands } = target;
  const requestId = metadata.causationId;
  const creates = commands[0]?.type === "CreateOrder" || commands[0]?.type === "CreateUser";
  const shared = {
    aggregateId: id,
    metadata,
    likelyNew: creates,
    ...(ifMatch === undefined ? {} : expectation(ifMatch, creates)),
  };
  if (target.aggregate === "order") {
    const may = permitted(orderOwnership, { id, commands: target.commands, principal, metadata });
    const asked = { id, commands: target.commands, requestId };
    return settle(orderAnswer.bind(undefined, asked), keyed, (idempotency) =>
      transact(store, orders, { ...shared, ...may, ...idempotency }),
    );
  }
  const may = permitted(userOwnership, { id, commands: target.commands, principal, metadata });
  const asked = { id, commands: target.commands, requestId };
  return settle(userAnswer.bind(undefined, asked), keyed, (idempotency) =>
    transact(store, users, { ...shared, ...may, ...idempotency }),
  );
}

const orders = { decider: orderDecider, codec: orderCodec };
const users = { decider: userDecider, codec: userCodec };

/** `*` asks that there be a version, which a command on what does not exist is refused for anyway. */
function expectation(ifMatch: IfMatch, creates: boolean): { expectedVersions?: readonly number[] } {
  if (ifMatch !== "any") return { expectedVersions: ifMatch };
  return creates ? { expectedVersions: [] } : {};
}

type SettledOf<Result> = Exclude<Result, { outcome: "key_taken" }>;

async function settle<State, Event, Refusal>(
  answer: (settled: SettledOf<Outcome<State, Event, Refusal>>) => StoredAnswer,
  keyed: Key | undefined,
  run: (options: {
    idempotency?: Key & { answer: typeof answer };
  }) => Promise<Outcome<State, Event, Refusal>>,
): Promise<Executed | undefined> {
  if (!keyed) {
    const outcome = await run({});
    if (outcome.outcome === "key_taken") throw new Error("A key was taken where none was given");
    return { answer: answer(outcome), replayed: false };
  }
  let stored: StoredAnswer | undefined;
  const outcome = await run({
    idempotency: {
      ...keyed,
      answer: (settled) => {
        stored = answer(settled);
        return stored;
      },
    },
  });
  if (outcome.outcome === "key_taken" || !stored) return undefined;
  return { answer: stored, replayed: false };
}

/** What each member of a batch is decided once under. Storage format; `append_batch` and `submitCommand` know it too. */
export function memberKey(index: number, key: string): string {
  return `${index}/${key}`;
}

/** The answer under a key that is taken; 422 where another request took it, or a batch that has yet to be finished. */
export async function replay(sql: Sql, keyed: Key, requestId?: string): Promise<Executed> {
  const found = await findReplay(sql, keyed, requestId);
  if (!found && (await findAnswer(sql, memberKey(0, keyed.key)))) return keyReused(requestId);
  // Its retention ended between the two looks.
  if (!found) throw new Failure("concurrent_update", `${keyed.key} was forgotten just now`, true);
  return found;
}

/** The same, or undefined where the key is free. */
export async function findReplay(
  sql: Sql,
  { key, fingerprint }: Key,
  requestId?: string,
): Promise<Executed | undefined> {
  const found = await findAnswer(sql, key);
  if (!found) return undefined;
  return found.fingerprint === fingerprint ? { answer: found.answer, replayed: true } : keyReused(requestId);
}

export function keyReused(requestId: string | undefined): Executed {
  const answer = problem("idempotency_key_reused", requestId === undefined ? {} : { requestId });
  return { answer, replayed: false, keyReused: true };
}

function outcomeOf({ answer, replayed }: Executed): CommandOutcome {
  if (replayed) return "replayed";
  return answer.status < 400 ? "accepted" : "refused";
}
