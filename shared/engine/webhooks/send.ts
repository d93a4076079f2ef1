// One try of one delivery. Must never connect to an address that was not checked, nor follow a redirect.
import { addressOf, hostOf, type Internal, RefusedAddress, type Resolve } from "./destination.ts";
import { retryAfterMs } from "./schedule.ts";

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Which try it is. */
  readonly attempts: number;
}

export interface SendOptions {
  readonly internal: Internal;
  readonly resolve: Resolve;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Certificate authorities beside those of the system, PEM. */
  readonly ca?: string | undefined;
}

export type Outcome =
  | { readonly is: "taken"; readonly status: number }
  | {
      readonly is: "not taken";
      readonly status: number | undefined;
      readonly failure: string;
      /** How the answer began. */
      readonly answer: string | undefined;
      /** Time, in ms, for which the endpoint asks to be sent nothing. */
      readonly retryAfterMs: number | undefined;
    }
  /** No later try can end otherwise. */
  | { readonly is: "refused"; readonly failure: string }
  | { readonly is: "interrupted" };

/** Longest try, ms, from the look-up of the name to the status: the specification names 15 to 30 seconds. */
export const SEND_MS_MAX = 15_000;
/** Longest time, in ms, for reading the body of an answer that is no success. */
const ANSWER_MS_MAX = 1_000;
/** Bytes of such a body that are kept: enough to know what was wrong. */
const ANSWER_BYTES_MAX = 512;
/** Pause, in ms, for an endpoint that answers as overloaded without saying for how long. */
const SLOW_MS = 30_000;
const OVERLOADED = [429, 502, 503, 504];

export async function send(outgoing: Outgoing, options: SendOptions): Promise<Outcome> {
  const { stopping } = options;
  const late = AbortSignal.timeout(SEND_MS_MAX);
  const signal = AbortSignal.any([late, stopping]);
  try {
    const response = await post(outgoing, options, signal);
    return await outcomeOf(response);
  } catch (error) {
    if (stopping.aborted) return { is: "interrupted" };
    if (error instanceof RefusedAddress) return { is: "refused", failure: error.message };
    const failure = late.aborted ? `no answer within ${SEND_MS_MAX / 1_000} s` : reasonOf(error);
    return { is: "not taken", status: undefined, failure, answer: undefined, retryAfterMs: undefined };
  }
}

/** The connection is to the address that was looked at; the name stands in Host and in what TLS proves. */
async function post({ url, headers, body, attempts }: Outgoing, options: SendOptions, signal: AbortSignal) {
  const to = new URL(url);
  const name = hostOf(to);
  const { internal, resolve, ca } = options;
  const address = await ended(addressOf(name, { internal, resolve, turn: attempts - 1 }), signal);
  const { host } = to;
  to.hostname = address.includes(":") ? `[${address}]` : address;
  return fetch(to, {
    method: "POST",
    headers: { ...headers, host, "content-type": "application/json", "User-Agent": "Millrace-Webhooks/1" },
    body,
    signal,
    redirect: "manual",
    decompress: false,
    tls: { serverName: name, ...(ca === undefined ? {} : { ca }) },
  } as RequestInit);
}

/** A look-up of a name can't be cancelled: when the signal comes, it is no longer waited for. */
function ended<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    await response.body?.cancel().catch(() => {});
    return { is: "taken", status };
  }
  const said = retryAfterMs(headers.get("retry-after"), Date.now());
  const answer = await beginningOf(response);
  const failure =
    status >= 300 && status < 400
      ? `it answered ${status}: redirects are not followed`
      : `it answered ${status}`;
  const asks = said ?? (OVERLOADED.includes(status) ? SLOW_MS : undefined);
  return { is: "not taken", status, failure, answer, retryAfterMs: asks };
}

async function beginningOf({ body }: Response): Promise<string | undefined> {
  if (!body) return undefined;
  const reader = body.getReader();
  const late = setTimeout(() => void reader.cancel().catch(() => {}), ANSWER_MS_MAX);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < ANSWER_BYTES_MAX) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value.subarray(0, ANSWER_BYTES_MAX - bytes));
      bytes += value.length;
    }
  } catch {
    // What has come is what there is.
  } finally {
    clearTimeout(late);
    void reader.cancel().catch(() => {});
  }
  return storable(Buffer.concat(chunks).toString("utf8")) || undefined;
}

/** Postgres keeps no NUL, and a terminal that shows the log is to do nothing that a receiver says. */
function storable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return storable(code || (error instanceof Error ? error.message : String(error))).slice(0, 200);
}
