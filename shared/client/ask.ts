// One request, repeated while the API is overloaded, away or out of reach, after the pause that the API asks for. Every write
// has an idempotency key, so that it happens once.
import { type Problem, problemHere } from "./problem.ts";

export interface Connection {
  /** An API key (`mr_…`) or an access token, where the APIs ask for one. */
  readonly credential?: string | (() => string | Promise<string>);
  readonly fetch?: (url: string, request: RequestInit) => Promise<Response>;
  /** Most tries of one request; 5 where it is not given. */
  readonly triesMax?: number;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export type Asking<Read> =
  | { readonly ok: true; readonly read: Read }
  | { readonly ok: false; readonly problem: Problem };

type Tried<Read> =
  | { readonly ok: true; readonly read: Read }
  | {
      readonly ok: false;
      readonly problem: Problem;
      readonly again: boolean;
      readonly retryAfterMs?: number | undefined;
    };

const TRIES_MAX = 5;
/** Longest wait, in ms, for one answer: an API may wait thirty seconds for a version. */
const ANSWER_WITHIN_MS = 45_000;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;
/** Longest Retry-After, in ms, that is waited for; with a longer one the problem is answered at once. */
const RETRY_AFTER_MOST_MS = 60_000;
/** Limits, and what gateways say of an API that is being replaced; 503 is also an API's own. */
const WORTH_ANOTHER_TRY = [429, 502, 503, 504];

/** @throws what the caller's signal says */
export async function ask<Read>(
  connection: Connection,
  asked: Asked,
  read: (response: Response) => Read | Promise<Read>,
): Promise<Asking<Read>> {
  const { triesMax = TRIES_MAX } = connection;
  for (let tried = 1; ; tried++) {
    const answered = await askOnce(connection, asked, read);
    if (answered.ok || tried >= triesMax || !answered.again) return answered;
    const backoffMs = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** (tried - 1));
    // Those that were refused together are not to come back together.
    const spreadMs = Math.random() * BACKOFF_FIRST_MS;
    await pause((answered.retryAfterMs ?? backoffMs) + spreadMs, asked.signal);
  }
}

async function askOnce<Read>(
  connection: Connection,
  asked: Asked,
  read: (response: Response) => Read | Promise<Read>,
): Promise<Tried<Read>> {
  const { fetch = globalThis.fetch } = connection;
  const { method, url, body, signal } = asked;
  const headers = await headersOf(connection, asked);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return { ok: true, read: await read(response) };
    const waitMs = retryAfterMs(response.headers.get("retry-after"));
    return {
      ok: false,
      problem: await problemIn(response, asked),
      again: WORTH_ANOTHER_TRY.includes(response.status) && (waitMs ?? 0) <= RETRY_AFTER_MOST_MS,
      retryAfterMs: waitMs,
    };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = problemHere("unreachable", 0, `${method} ${url} was not answered: ${error}`);
    return { ok: false, problem, again: true };
  } finally {
    clearTimeout(timer);
  }
}

async function headersOf({ credential }: Connection, { headers, body }: Asked): Promise<Headers> {
  const all = new Headers(headers);
  if (body !== undefined) all.set("content-type", "application/json");
  if (credential !== undefined) {
    all.set("authorization", `Bearer ${typeof credential === "string" ? credential : await credential()}`);
  }
  return all;
}

async function problemIn(response: Response, { method, url }: Asked): Promise<Problem> {
  const { status, headers } = response;
  if (headers.get("content-type")?.startsWith("application/problem+json")) {
    return (await response.json()) as Problem;
  }
  await response.body?.cancel();
  return problemHere(
    "unreadable_answer",
    status,
    `${method} ${url} answered ${status}, and no problem document`,
  );
}

/** In seconds, as our APIs say it; dates are a gateway's. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0) * 1_000;
}

/** @throws what the signal says */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
