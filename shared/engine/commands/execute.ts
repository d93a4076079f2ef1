// One command, by whichever way it came, decided, stored and answered. Must never be decided twice under one key.
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
  /** The shop's settings, of the type that its aggregates expect. */
  readonly settings: unknown;
  readonly store: EventStore;
  readonly owners: Owners;
  /** By name. */
  readonly aggregates: ReadonlyMap<string, Pick<Aggregate, "settle">>;
  /** Called once for each command, with its outcome and the time it took. */
  observe(type: string, outcome: CommandOutcome, seconds: number): void;
}

export type CommandOutcome = "accepted" | "refused" | "replayed" | "failed";

/** A command to be decided: plain JSON, so that it can be stored and run later. */
export interface Write {
  readonly target: StreamCommands;
  /** The sender, as it was known when the command was taken. */
  readonly principal: Principal;
  readonly metadata: EventMetadata;
  readonly ifMatch?: IfMatch;
  /** The key that its envelope's id makes; absent where the request has an Idempotency-Key. */
  readonly key?: Key;
}

export interface Executed {
  readonly answer: StoredAnswer;
  /** The answer was stored under the key before; nothing was changed now. */
  readonly replayed: boolean;
  /** The key belongs to another request; nothing was changed. */
  readonly keyReused?: true;
  /** Why a part of a batch has no final outcome; the same batch under the same key, sent again, gets it. */
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

/** The key of one member of a batch. Storage format; `append_batch` and `submitCommand` know it, too. */
export function memberKey(index: number, key: string): string {
  return `${index}/${key}`;
}

/** The answer that is stored under a key; 422 where the key belongs to another request, or to a batch that is not finished. */
export async function replay(sql: Sql, keyed: Key, requestId?: string): Promise<Executed> {
  const found = await findReplay(sql, keyed, requestId);
  if (!found && (await findAnswer(sql, memberKey(0, keyed.key)))) return keyReused(requestId);
  // The answer's retention ended between the two queries.
  if (!found) throw new Failure("concurrent_update", `${keyed.key} was forgotten just now`, true);
  return found;
}

/** The same; undefined where no answer is stored under the key. */
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
