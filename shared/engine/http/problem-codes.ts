// Every problem that the engine answers with: its code, its status, and what people read. Codes are part of the public
// contract and never change. No text may tell clients what only operators may know.

export interface ProblemKind {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly title: string;
  /** For people: what happened, what it means for them, what to do. An answer may say something more exact. */
  readonly detail: string;
}

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
    detail:
      "This API key or access token is unknown, expired or revoked. Sign in anew, or have another key made: `bun run ops keys create`.",
  },
  signature_invalid: {
    status: 401,
    title: "Signature invalid",
    detail:
      "The body's signature is missing, too old, or made with a secret that this process does not have. Nothing was changed.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    detail: "You are known, but neither your role nor your scopes allow this. Nothing was changed.",
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
    detail:
      "The issuer of access tokens does not answer, so this token can't be verified. Try again shortly.",
  },
  host_not_allowed: {
    status: 403,
    title: "Host not allowed",
    detail:
      "Millrace does not answer under the name in Host. If the name is yours, add it to MILLRACE_HOSTS.",
  },
  cross_site_request: {
    status: 403,
    title: "Cross-site request",
    detail:
      "A page of another site sent this, or one of ours that is out of date: open it anew. If the page is yours, add its origin to MILLRACE_CORS_ORIGINS.",
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
    detail: "Kafka has no record at this offset: it is past the partition's end, or was removed as too old.",
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
    detail: "No webhook endpoint has this id, or the endpoint has no delivery with it.",
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
    detail:
      "Other requests kept changing the same thing while this one was decided. Nothing was changed; try again.",
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
    detail:
      "Millrace has as many webhook endpoints as it takes. Nothing was added; remove one that nobody needs.",
  },
  stale_version: {
    status: 412,
    title: "Stale version",
    detail:
      "The thing has another version than If-Match names. Nothing was changed; read it again and decide anew.",
  },
  event_too_large: {
    status: 413,
    title: "Event too large",
    detail:
      "An event of this would be larger than the million bytes that Kafka takes. Nothing was changed; send less, such as fewer lines or shorter names.",
  },
  body_too_large: {
    status: 413,
    title: "Body too large",
    detail: "The body has more bytes than this path takes. Nothing was changed; send less.",
  },
  body_not_json: {
    status: 415,
    title: "Body not JSON",
    detail: "Send application/json in UTF-8, without a Content-Encoding.",
  },
  body_invalid: {
    status: 422,
    title: "Body invalid",
    detail:
      "The body is JSON, but not what this path expects. Nothing was changed; each entry of errors says where and why.",
  },
  invalid_query: {
    status: 422,
    title: "Query invalid",
    detail: "The query is not what this path expects. Each entry of errors says which parameter, and why.",
  },
  invalid_cursor: {
    status: 422,
    title: "Cursor invalid",
    detail: "No page was answered with this cursor. Start over without it.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused",
    detail:
      "This Idempotency-Key was sent with another request before. Nothing was changed; send a new request under a new key.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    detail:
      "The request failed through no fault of yours. The server's log has the cause under this requestId.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    detail: "This process has as much under way as it takes. Try again shortly.",
  },
  append_queue_full: {
    status: 503,
    title: "Append queue full",
    detail: "Too many commands wait to be stored. Nothing was changed; try again shortly.",
  },
  postgres_unavailable: {
    status: 503,
    title: "Database away",
    detail:
      "The database is away or can't do this now. Try again shortly, with the same Idempotency-Key if you sent one: then nothing is done twice.",
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
    detail:
      "The read model did not come to the version that was asked for within the wait. Ask again, or with a longer wait.",
  },
  webhooks_off: {
    status: 503,
    title: "Webhooks off",
    detail:
      "MILLRACE_WEBHOOK_KEYS is not set, so no webhook could be signed. Nothing was changed; an operator has to set it.",
  },
  streams_full: {
    status: 503,
    title: "Too many streams",
    detail:
      "This process serves as many live streams as it takes. Connect again shortly, or read pages instead.",
  },
  shutting_down: {
    status: 503,
    title: "Shutting down",
    detail: "This process is stopping. Try again: another one answers.",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
