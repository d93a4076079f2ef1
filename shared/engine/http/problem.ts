// A problem as an answer (RFC 9457). Must never tell clients what only operators may know.
import type { Excess } from "@millrace/access/rate";
import { BeyondShare } from "@millrace/access/shares";
import { isProblemCode, PROBLEMS, type ProblemCode, type ProblemKind } from "./problem-codes.ts";
import type { Answer } from "./route.ts";

/** A problem with its code: one of the engine's, or a refusal of an aggregate. */
export interface NamedProblem extends ProblemKind {
  readonly code: string;
}

/** Adds to each problem the code that it stands under. */
export function nameProblems<Code extends string>(
  kinds: Readonly<Record<Code, ProblemKind>>,
): Readonly<Record<Code, NamedProblem>> {
  const named = Object.entries<ProblemKind>(kinds).map(([code, kind]) => [code, { code, ...kind }]);
  return Object.fromEntries(named);
}

/** A place in the body, as an RFC 6901 JSON pointer ("" for all of it), and what is wrong there. */
export interface BodyError {
  readonly pointer: string;
  readonly message: string;
}

/** A parameter of the URL's query, and what is wrong with it. */
export interface QueryError {
  readonly parameter: string;
  readonly message: string;
}

export interface ProblemOptions {
  /** In place of the code's own text. */
  readonly detail?: string;
  readonly errors?: readonly (BodyError | QueryError)[];
  /** The request that met the problem. Left out, render.ts adds that of the request it answers. */
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** Seconds until a client that was answered 503 may try again: what is overloaded or away rarely heals faster. */
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

/** 429, with Retry-After and the headers of draft-ietf-httpapi-ratelimit-headers. */
export function beyond({ policy, most, seconds, retryAfterSeconds }: Excess): Answer {
  return problem("rate_limited", {
    headers: {
      "retry-after": String(retryAfterSeconds),
      "ratelimit-policy": `"${policy}";q=${most}${seconds === undefined ? "" : `;w=${seconds}`}`,
      ratelimit: `"${policy}";r=0;t=${retryAfterSeconds}`,
    },
  });
}

/** The answer for what was thrown. The message of the error is not in it: it may name hosts and statements. */
export function problemOf(error: unknown, options: Pick<ProblemOptions, "requestId"> = {}): Answer {
  if (error instanceof BeyondShare) return beyond(error.excess);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return problem(isProblemCode(code) ? code : "internal_error", options);
}
