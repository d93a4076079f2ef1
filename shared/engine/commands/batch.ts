// Several commands in one request. Each is decided on its own; those on one stream in the order they were sent.

import { problemOf } from "@millrace/http/problem";
import type { StoredAnswer } from "@millrace/store/append";
import { printAppend } from "@millrace/store/printed-append";
import {
  type Executed,
  type Executor,
  execute,
  findReplay,
  keyReused,
  memberKey,
  replay,
  type Write,
} from "./execute.ts";
import { mayPass } from "./patience.ts";
import type { Key } from "./settle.ts";
import { createTurns } from "./turns.ts";

/** As many as one append statement takes: a longer array would only wait for itself. */
export const BATCH_COMMANDS_MAX = 200;

/**
 * Runs the writes. With a key each write has a key of its own under it, so that a batch that was broken off is
 * finished by its retry; the whole answer is kept once every write has one.
 * @throws the failure of the first write, where none could be decided
 */
export async function executeBatch(
  executor: Executor,
  writes: readonly Write[],
  keyed?: Key,
): Promise<Executed> {
  const requestId = writes[0]?.metadata.causationId;
  const before = keyed && (await findReplay(executor.sql, keyed, requestId));
  if (before) return before;
  const settled = await settleAll(executor, writes, keyed);
  if (settled === "key_reused") return keyReused(requestId);
  const first = settled[0];
  if (first && settled.every((one) => "error" in one)) throw "error" in first ? first.error : undefined;
  const answer = summary(settled.map((one) => ("error" in one ? problemOf(one.error) : one.executed.answer)));
  if (!keyed) return { answer, replayed: false };
  // Under the batch's key stands only what is final: a retry finishes what failed in passing.
  const passing = settled.find((one) => "error" in one && mayPass(one.error));
  if (passing && "error" in passing) return { answer, replayed: false, unfinished: passing.error };
  return keep(executor, writes, { keyed, answer });
}

type SettledWrite = { readonly executed: Executed } | { readonly error: unknown };

/** `key_reused`: another batch under the key has begun; nothing of this one was decided. */
async function settleAll(
  executor: Executor,
  writes: readonly Write[],
  keyed?: Key,
): Promise<readonly SettledWrite[] | "key_reused"> {
  const turns = createTurns(BATCH_COMMANDS_MAX);
  const settle = (write: Write, index: number) =>
    turns
      .run<SettledWrite>([streamOf(write)], async () => {
        try {
          const key = write.key ?? (keyed && { ...keyed, key: memberKey(index, keyed.key) });
          return { executed: await execute(executor, write, key) };
        } catch (error) {
          // In passing: those behind it on its stream wait with it for the retry.
          if (mayPass(error)) throw error;
          return { error };
        }
      })
      .catch((error: unknown) => ({ error }));
  if (!keyed) return Promise.all(writes.map(settle));
  // The first goes alone: it tells whether the key's other writes are this batch's.
  const first = await settle(writes[0] as Write, 0);
  if ("executed" in first && first.executed.keyReused) return "key_reused";
  const others = writes.slice(1).map((write, index) => settle(write, index + 1));
  return [first, ...(await Promise.all(others))];
}

export function streamOf({ target }: Write): string {
  return `${target.aggregate}-${target.id}`;
}

/** 201 with every result; else 207, where each member says how its own command ended. */
function summary(answers: readonly StoredAnswer[]): StoredAnswer {
  if (answers.every(({ status }) => status < 300)) {
    return { status: 201, headers: {}, body: answers.map(({ body }) => body) };
  }
  const body = answers.map(({ status, body: said }) =>
    status < 300 ? { status, body: said } : { status, problem: said },
  );
  return { status: 207, headers: {}, body };
}

/** Keeps the whole answer under the batch's key; where it is taken, what stands there counts. */
async function keep(
  { sql, store }: Executor,
  writes: readonly Write[],
  { keyed, answer }: { keyed: Key; answer: StoredAnswer },
): Promise<Executed> {
  const metadata = (writes[0] as Write).metadata;
  const outcome = await store.appender.append(
    printAppend({
      stream: `batch-${keyed.key}`,
      expectedVersion: 0,
      events: [],
      metadata,
      at: store.now(),
      keyed: { ...keyed, answer },
    }),
  );
  if (outcome === "appended") return { answer, replayed: false };
  return replay(sql, keyed, metadata.causationId);
}
