// One try of a command that was taken with 202. Must never leave one undecided that no further try would decide.
import { problemOf } from "@millrace/http/problem";
import type { Log } from "@millrace/platform/log";
import { commandKey, markCommandFinished } from "@millrace/store/commands";
import { printAppend } from "@millrace/store/printed-append";
import { executeBatch } from "./batch.ts";
import { type Executor, execute } from "./execute.ts";
import type { KeptRequest } from "./kept-request.ts";
import type { Patience } from "./patience.ts";

export interface Submitted {
  readonly id: string;
  readonly request: KeptRequest;
}

/** Whether the command needs no further try here. */
export async function tryOnce(
  { executor, log }: { executor: Executor; log: Log },
  command: Submitted,
  patience: Patience,
): Promise<boolean> {
  try {
    await runSubmitted(executor, command);
    await markCommandFinished(executor.sql, command.id);
    return true;
  } catch (error) {
    const retryable = patience.isLeft(command.id, error);
    log.warn({ err: error, commandId: command.id, retryable }, "submitted command failed");
    if (retryable) return false;
    return reject(executor, command, error).then(
      () => true,
      () => false,
    );
  }
}

/** @throws the Failure that kept it, or a part of it, from being decided */
async function runSubmitted(executor: Executor, { id, request }: Submitted): Promise<void> {
  const { writes, batch } = request;
  const keyed = keyOf(id);
  if (!batch) {
    await execute(executor, writes[0], keyed);
    return;
  }
  const { unfinished } = await executeBatch(executor, writes, keyed);
  if (unfinished !== undefined) throw unfinished;
}

/** One fingerprint for all: the key is the id of this one command, so no other request comes under it. */
function keyOf(id: string): { key: string; fingerprint: string } {
  return { key: commandKey(id), fingerprint: "submitted" };
}

/** What can never be decided ends rejected, with its problem, instead of being tried for ever. */
async function reject(executor: Executor, { id, request }: Submitted, error: unknown): Promise<void> {
  const { metadata } = request.writes[0];
  const answer = problemOf(error, { requestId: metadata.causationId });
  await executor.store.appender.append(
    printAppend({
      stream: commandKey(id),
      expectedVersion: 0,
      events: [],
      metadata,
      at: executor.store.now(),
      keyed: { ...keyOf(id), answer },
    }),
  );
  await markCommandFinished(executor.sql, id);
}
