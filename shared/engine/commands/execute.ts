// One command from wherever it came, decided, stored and answered. Must never run twice under one key.

import type { Principal } from "@millrace/access/principal";
import type { EventMetadata } from "@millrace/events/envelope";
import type { IfMatch } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import { Failure } from "@millrace/platform/failure";
import type { Sql } from "@millrace/platform/postgres";
import type { StoredAnswer } from "@millrace/store/append";
import { findAnswer } from "@millrace/store/idempotency";
import type { Owners } from "@millrace/store/owners";
import type { EventStore } from "@millrace/store/transact";
import type { Aggregate } from "./aggregate.ts";
import type { StreamCommands } from "./command-names.ts";
import type { Key } from "./settle.ts";

export interface Executor {
  readonly sql: Sql;
  /** The shop's, as its aggregates know them. */
  readonly settings: unknown;
  readonly store: EventStore;
  readonly owners: Owners;
  /** By name. */
  readonly aggregates: ReadonlyMap<string, Pick<Aggregate, "settle">>;
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
      (await settle(executor, write, keyed)) ??
      (await replay(executor.sql, keyed as Key, write.metadata.causationId));
    observe(outcomeOf(executed));
    return executed;
  } catch (error) {
    observe("failed");
    throw error;
  }
}

/** Undefined where the key has an answer already. */
function settle(executor: Executor, write: Write, keyed?: Key): Promise<Executed | undefined> {
  const aggregate = executor.aggregates.get(write.target.aggregate);
  if (!aggregate) throw new Error(`No aggregate is called ${write.target.aggregate}`);
  return aggregate.settle(executor, write, keyed);
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
