// Several commands in one request. Each is decided by itself, those on one stream in the order in which they were sent.
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

/** Most commands in one request: as many as one append statement takes, since more would only wait for each other. */
export const BATCH_COMMANDS_MAX = 200;

/**
 * Runs the writes. Under the batch's key each write gets a key of its own, so that a retry finishes a batch that broke off.
 * The answer to the batch is stored once every write has a final one.
 * @throws the failure of the first write, where no write could be decided
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
  // The batch's key gets a final answer only: a retry finishes writes whose failure may pass.
  const passing = settled.find((one) => "error" in one && mayPass(one.error));
  if (passing && "error" in passing) return { answer, replayed: false, unfinished: passing.error };
  return keep(executor, writes, { keyed, answer });
}

type SettledWrite = { readonly executed: Executed } | { readonly error: unknown };

/** `key_reused`: the key belongs to another batch, and nothing of this one was decided. */
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
          // The failure may pass: later writes on this stream must wait for the retry, too.
          if (mayPass(error)) throw error;
          return { error };
        }
      })
      .catch((error: unknown) => ({ error }));
  if (!keyed) return Promise.all(writes.map(settle));
  // The first write goes alone: its outcome tells whether the key belongs to this batch.
  const first = await settle(writes[0] as Write, 0);
  if ("executed" in first && first.executed.keyReused) return "key_reused";
  const others = writes.slice(1).map((write, index) => settle(write, index + 1));
  return [first, ...(await Promise.all(others))];
}

export function streamOf({ target }: Write): string {
  return `${target.aggregate}-${target.id}`;
}

/** 201 with all results where every command was accepted, else 207 with the outcome of each. */
function summary(answers: readonly StoredAnswer[]): StoredAnswer {
  if (answers.every(({ status }) => status < 300)) {
    return { status: 201, headers: {}, body: answers.map(({ body }) => body) };
  }
  const body = answers.map(({ status, body: said }) =>
    status < 300 ? { status, body: said } : { status, problem: said },
  );
  return { status: 207, headers: {}, body };
}

/** Stores the answer under the batch's key. Where the key has an answer already, that one counts. */
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
