// A command's reply, made from its stored answer, so that a redelivered record gets the same reply.
import { versionIn } from "@millrace/http/etag";
import type { StoredAnswer } from "@millrace/store/append";
import type { Reply } from "./replies.ts";
import type { ReplyAddress } from "./reply-address.ts";

/** The ids of a command, as far as it could be read. */
export interface Named {
  readonly streamId?: string;
  readonly commandId?: string;
}

/** Status of a command that HTTP took for later: the same command came with `Prefer: respond-async` before. */
const TAKEN_FOR_LATER = 202;

export function replyOf(address: ReplyAddress, { streamId, commandId }: Named, answer: StoredAnswer): Reply {
  const { topic, partition, key, headers, isNestClient } = address;
  const { status, body } = answer;
  const { etag } = answer.headers;
  const versioned = etag === undefined ? {} : { version: versionIn(etag) };
  const named = commandId === undefined ? {} : { commandId };
  const accepted =
    status === TAKEN_FOR_LATER
      ? { status: "pending", ...named, id: streamId }
      : { status: "accepted", ...named, id: idIn(body) ?? streamId, ...versioned };
  const rejected = { status: "rejected", ...named };
  const isAccepted = status < 400;
  return {
    topic,
    ...(partition === undefined ? {} : { partition }),
    key,
    value: JSON.stringify(isAccepted ? { ...accepted, result: body } : { ...rejected, problem: body }),
    short: JSON.stringify(isAccepted ? accepted : { ...rejected, problem: withoutDetails(body) }),
    headers: {
      "content-type": "application/json",
      ...headers,
      ...(isNestClient ? nestHeaders(isAccepted ? undefined : withoutDetails(body)) : {}),
    },
  };
}

/** Ends the observable that NestJS' `send()` has returned, with an error where there is one. */
function nestHeaders(error: unknown): Record<string, string> {
  return {
    "kafka_nest-is-disposed": "true",
    ...(error === undefined ? {} : { "kafka_nest-err": JSON.stringify(error) }),
  };
}

/** A problem without the list of what is wrong where. */
function withoutDetails(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const { errors, ...problem } = body as { errors?: unknown };
  return problem;
}

/** The id in the stored answer: where the client chose none, each reading of the record makes up another one. */
function idIn(body: unknown): unknown {
  return typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
}
