// The way of every write over HTTP: its body is read and checked, then it is decided now or stored for later.
import { keySpaceOf, type Principal } from "@millrace/access/principal";
import type { Excess } from "@millrace/access/rate";
import type { EventMetadata } from "@millrace/events/envelope";
import type { Bodies } from "@millrace/http/body";
import { beyond, problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import { submitCommand } from "@millrace/store/commands";
import type { ReadContext } from "./aggregate.ts";
import { executeBatch } from "./batch.ts";
import { keyOfEnvelope } from "./command-key.ts";
import type { NamedCommand } from "./command-names.ts";
import { readConditions } from "./conditions.ts";
import { type Executed, type Executor, execute, replay, type Write } from "./execute.ts";
import { fingerprint } from "./fingerprint.ts";
import type { KeptRequest } from "./kept-request.ts";
import type { Parsed } from "./parsed.ts";
import type { Key } from "./settle.ts";
import type { Runner } from "./submitted.ts";

export interface CommandApi<Settings = unknown> {
  readonly executor: Executor;
  readonly runner: Runner;
  readonly context: ReadContext<Settings>;
  readonly bodies: Bodies;
}

/** The command of a body, or its array of commands, which is answered with an array. */
export type Asked = NamedCommand | readonly NamedCommand[];

/** Takes a write whose body `read` reads. */
export function takeWrite(
  api: CommandApi,
  call: Call,
  read: (body: unknown) => Parsed<Asked>,
): Promise<Answer> {
  return api.bodies.withJson(call, (body) => {
    const parsed = read(body);
    if (!parsed.ok) return problem("body_invalid", { errors: parsed.issues });
    return decideOrKeep(api, call, { asked: parsed.value, body });
  });
}

/** Takes a write that says all in its method and path. */
export function takeBodilessWrite(api: CommandApi, call: Call, asked: NamedCommand): Promise<Answer> {
  return decideOrKeep(api, call, { asked, body: undefined });
}

async function decideOrKeep(
  api: CommandApi,
  call: Call,
  { asked, body }: { asked: Asked; body: unknown },
): Promise<Answer> {
  const conditions = readConditions(call.request.headers);
  if (!conditions.ok) return conditions.problem;
  const { idempotencyKey, ifMatch, respondAsync } = conditions.value;
  const excess = await changesBeyond(call, asked);
  if (excess) return beyond(excess);
  const given = idempotencyKey === undefined ? undefined : keyOf(idempotencyKey, call, body);
  const { principal } = call;
  const metadata = metadataOf(call);

  if (isBatch(asked)) {
    if (ifMatch !== undefined) return ifMatchOnBatch();
    const writes = asked.map((command, index) => {
      const { commandId, ...target } = command;
      const own =
        given || commandId === undefined
          ? undefined
          : keyOfEnvelope(principal, commandId, (body as unknown[])[index]);
      return own ? { target, principal, metadata, key: own } : { target, principal, metadata };
    });
    if (respondAsync && isSome(writes)) return keep(api, { writes, batch: true }, given);
    return answerOf(await executeBatch(api.executor, writes, given));
  }
  const { commandId, ...target } = asked;
  const key = given ?? (commandId === undefined ? undefined : keyOfEnvelope(principal, commandId, body));
  const unconditional = { target, principal, metadata };
  const write: Write = ifMatch === undefined ? unconditional : { ...unconditional, ifMatch };
  if (respondAsync) return keep(api, { writes: [write], batch: false }, key);
  return answerOf(await execute(api.executor, write, key));
}

/** The bound on changes of one thing that the request would exceed. Nothing of the request is decided then. */
async function changesBeyond({ shares, principal }: Call, asked: Asked): Promise<Excess | undefined> {
  for (const { aggregate, id } of shares ? [asked].flat() : []) {
    const excess = await shares?.change(principal, `${aggregate}-${id}`);
    if (excess) return excess;
  }
  return undefined;
}

/** Always true: an empty array is refused where it is read. */
function isSome(writes: readonly Write[]): writes is readonly [Write, ...Write[]] {
  return writes.length > 0;
}

function isBatch(asked: Asked): asked is readonly NamedCommand[] {
  return Array.isArray(asked);
}

function ifMatchOnBatch(): Answer {
  return problem("malformed_header", {
    detail:
      "If-Match stands beside several commands, and can't say which of them it is for. Nothing was changed; send that command alone.",
  });
}

/** A principal's keys are its own: another may use the same words, and is never answered by them. */
function keyOf(idempotencyKey: string, { context, request, principal }: Call, body: unknown): Key {
  const asked = `${request.method} ${context.req.path}`;
  return { key: `http/${keySpaceOf(principal)}${idempotencyKey}`, fingerprint: fingerprint(asked, body) };
}

function metadataOf(call: Call): EventMetadata {
  const { actor, principal, onBehalfOf, correlationId, requestId, traceparent } = call;
  return {
    ...who(actor, principal, onBehalfOf),
    correlationId,
    causationId: requestId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function who(actor: string, { authn }: Principal, onBehalfOf: string | undefined) {
  if (authn === undefined) return { actor };
  return onBehalfOf === undefined ? { actor, authn } : { actor, authn, onBehalfOf };
}

function answerOf({ answer, replayed }: Executed): Answer {
  if (!replayed) return answer;
  return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } };
}

/** Stores the request and has it run soon. Answers 202 with the address of its outcome. */
async function keep(api: CommandApi, request: KeptRequest, key: Key | undefined): Promise<Answer> {
  if (api.runner.isFull()) return problem("overloaded");
  const id = Bun.randomUUIDv7();
  const answer = {
    status: 202,
    headers: { location: `/commands/${id}`, "preference-applied": "respond-async" },
    body: { id, status: "pending" },
  };
  const { sql } = api.executor;
  const kept = await submitCommand(sql, { id, request }, key && { ...key, answer });
  if (kept === "key_taken")
    return answerOf(await replay(sql, key as Key, request.writes[0].metadata.causationId));
  api.runner.offer(kept);
  return answer;
}
