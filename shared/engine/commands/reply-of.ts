// What a command's sender is answered, made from the stored answer: a redelivered record is replied to in the same words.
import { versionIn } from "@millrace/http/etag";
import type { StoredAnswer } from "@millrace/store/append";
import type { Reply } from "./replies.ts";
import type { ReplyAddress } from "./reply-address.ts";

/** What the command was about, where it could be read. */
export interface Named {
  readonly streamId?: string;
  readonly commandId?: string;
}

/** The same command came by HTTP first, with `Prefer: respond-async`. */
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

/** A reply is the only one, which ends what `send()` has returned, and ends it by an error where there is one. */
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

/** The id that was given first: an order whose client chose none is read under another one each time. */
function idIn(body: unknown): unknown {
  return typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
}
