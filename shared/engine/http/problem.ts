// What clients are told when something can't be done. Must never tell them what only operators may know.
import type { Excess } from "@millrace/access/rate";
import { BeyondShare } from "@millrace/access/shares";
import type { Answer } from "./route.ts";

export interface ProblemKind {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly title: string;
  /** Said where nothing more exact is known. */
  readonly detail: string;
}

/** A problem that the engine doesn't know of, such as a refusal of an aggregate. */
export interface NamedProblem extends ProblemKind {
  readonly code: string;
}

/** Each with its code. */
export function nameProblems<Code extends string>(
  kinds: Readonly<Record<Code, ProblemKind>>,
): Readonly<Record<Code, NamedProblem>> {
  const named = Object.entries<ProblemKind>(kinds).map(([code, kind]) => [code, { code, ...kind }]);
  return Object.fromEntries(named);
}

/** The engine's codes, each with its status and its title. Codes are part of the public contract. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: "Malformed JSON", detail: "The body is not JSON in UTF-8." },
  malformed_header: { status: 400, title: "Malformed header", detail: "A header can't be read." },
  credentials_required: {
    status: 401,
    title: "Credentials required",
    detail:
      "Send an API key or an access token as Authorization: Bearer. `bun run ops keys create` makes keys.",
  },
  credentials_invalid: {
    status: 401,
    title: "Credentials invalid",
    detail: "The API key or access token is not taken.",
  },
  signature_invalid: {
    status: 401,
    title: "Signature invalid",
    detail: "The body's signature is missing, too old, or not by a secret of this process.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    detail: "Whoever asks is known, and may not do this.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    detail:
      "You ask for more than your share. Retry-After says when there is room again; nothing was changed.",
  },
  issuer_unavailable: {
    status: 503,
    title: "Issuer away",
    detail: "The issuer of access tokens does not answer, and the key of this one is not known yet.",
  },
  host_not_allowed: {
    status: 403,
    title: "Host not allowed",
    detail: "Nothing is answered under this name. MILLRACE_HOSTS names those that are.",
  },
  cross_site_request: {
    status: 403,
    title: "Cross-site request",
    detail:
      "This was not sent by a page of our own, or by one that is out of date. Open the page anew. MILLRACE_CORS_ORIGINS names the pages of others that may send it.",
  },
  route_not_found: { status: 404, title: "Not found", detail: "Nothing is served at this path." },
  command_not_found: {
    status: 404,
    title: "Command not found",
    detail: "No command was submitted under this id.",
  },
  topic_not_found: { status: 404, title: "Topic not found", detail: "Kafka has no topic of this name." },
  record_not_found: {
    status: 404,
    title: "Record not found",
    detail: "Kafka keeps no record at this place: it is past the end, or no longer kept.",
  },
  stream_not_found: { status: 404, title: "Stream not found", detail: "No event has this stream." },
  no_such_task: {
    status: 404,
    title: "No such task",
    detail: "The process has nothing left to do for this key.",
  },
  webhook_not_found: {
    status: 404,
    title: "Webhook not found",
    detail: "There is no endpoint, or none of its deliveries, with this id.",
  },
  not_parked: {
    status: 404,
    title: "Not parked",
    detail: "No parked record has this number: it took effect, or it was discarded.",
  },
  projection_not_found: {
    status: 404,
    title: "Projection not found",
    detail: "There is no read model of this name.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    detail: "The path is served, but not for this method. Allow lists those that are.",
  },
  body_timeout: {
    status: 408,
    title: "Body timeout",
    detail: "The body took too long to arrive. Nothing was changed; send it again.",
  },
  concurrent_update: {
    status: 409,
    title: "Concurrent update",
    detail: "Others kept changing the same thing while this was decided. Nothing was changed; try again.",
  },
  webhook_being_sent: {
    status: 409,
    title: "Webhook being sent",
    detail:
      "This delivery is being sent at this moment. Its endpoint's log says how that ended; then it can be sent again.",
  },
  webhooks_full: {
    status: 409,
    title: "Too many webhooks",
    detail: "There are as many endpoints as there may be. Remove one that nobody needs.",
  },
  stale_version: {
    status: 412,
    title: "Stale version",
    detail: "The version is not the one that If-Match names. Read it again and decide anew.",
  },
  event_too_large: {
    status: 413,
    title: "Event too large",
    detail:
      "What would be stored is larger than Kafka carries, which takes events of up to a million bytes. Nothing was changed; send less, such as fewer lines or shorter names.",
  },
  body_too_large: { status: 413, title: "Body too large", detail: "The body is larger than is taken." },
  body_not_json: {
    status: 415,
    title: "Body not JSON",
    detail: "Send application/json in UTF-8, without a Content-Encoding.",
  },
  body_invalid: {
    status: 422,
    title: "Body invalid",
    detail: "The body is JSON but not what is expected here. Each entry of errors says where and why.",
  },
  invalid_query: {
    status: 422,
    title: "Query invalid",
    detail: "A parameter of the query is not what is expected here. Each entry of errors says which and why.",
  },
  invalid_cursor: {
    status: 422,
    title: "Cursor invalid",
    detail: "The cursor is none that a page was answered with. Start over without it.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused",
    detail: "This Idempotency-Key came first with another request.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    detail: "The request could not be finished. The log has the cause under the requestId.",
  },
  overloaded: { status: 503, title: "Overloaded", detail: "Too much is under way. Try again shortly." },
  append_queue_full: {
    status: 503,
    title: "Append queue full",
    detail: "Too many commands wait to be stored. Nothing was changed; try again shortly.",
  },
  postgres_unavailable: {
    status: 503,
    title: "Database away",
    detail:
      "The database does not do it for now. Try again shortly, with the same Idempotency-Key where there was one.",
  },
  newer_schema: {
    status: 503,
    title: "Newer schema",
    detail:
      "Newer code has changed this, and this process can't read it yet: a deployment is under way. Try again shortly.",
  },
  kafka_unavailable: {
    status: 503,
    title: "Broker away",
    detail: "Kafka does not answer. Try again shortly.",
  },
  projection_behind: {
    status: 503,
    title: "Projection behind",
    detail: "The version that was asked for did not become visible within the wait.",
  },
  webhooks_off: {
    status: 503,
    title: "Webhooks off",
    detail: "MILLRACE_WEBHOOK_KEYS is not set, so nothing could be signed. Nothing was changed.",
  },
  streams_full: {
    status: 503,
    title: "Too many streams",
    detail: "As many clients follow the changes as this process serves.",
  },
  shutting_down: { status: 503, title: "Shutting down", detail: "This process is stopping. Try again." },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A place in the body, as an RFC 6901 JSON pointer, and what is wrong there. */
export interface BodyError {
  readonly pointer: string;
  readonly message: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly BodyError[];
  /** The request that met the problem; the frame adds its own where none is named. */
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** How soon a refused client may try again: what is overloaded or away rarely heals faster. */
const RETRY_AFTER_SECONDS = 1;

/** The problem that a code stands for, or what it is already. */
export function namedProblem(which: ProblemCode | NamedProblem): NamedProblem {
  return typeof which === "string" ? { code: which, ...PROBLEMS[which] } : which;
}

/** The RFC 9457 answer for a problem. */
export function problem(which: ProblemCode | NamedProblem, options: ProblemOptions = {}): Answer {
  const { code, status, title, detail } = namedProblem(which);
  const { errors, requestId } = options;
  const retry = status === 503 ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {};
  return {
    status,
    headers: { "content-type": PROBLEM_CONTENT_TYPE, ...retry, ...options.headers },
    body: {
      type: `/problems/${code}`,
      title,
      status,
      code,
      detail: options.detail ?? detail,
      ...(errors ? { errors } : {}),
      ...(requestId === undefined ? {} : { requestId }),
    },
  };
}

/** Retry-After for all clients; the others as draft-ietf-httpapi-ratelimit-headers has them. */
export function beyond({ policy, most, seconds, retryAfterSeconds }: Excess): Answer {
  return problem("rate_limited", {
    headers: {
      "retry-after": String(retryAfterSeconds),
      "ratelimit-policy": `"${policy}";q=${most}${seconds === undefined ? "" : `;w=${seconds}`}`,
      ratelimit: `"${policy}";r=0;t=${retryAfterSeconds}`,
    },
  });
}

/** The answer for what was thrown. Its own message stays inside: it may name hosts and statements. */
export function problemOf(error: unknown, options: Pick<ProblemOptions, "requestId"> = {}): Answer {
  if (error instanceof BeyondShare) return beyond(error.excess);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return problem(isProblemCode(code) ? code : "internal_error", options);
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
