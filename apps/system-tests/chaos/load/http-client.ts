// A client as its owner would write it: one idempotency key a command, and the same request again, after what
// Retry-After says, until there is an answer.
import { backoffMs } from "@millrace/platform/backoff";

export interface Command {
  readonly name: string;
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Final {
  /** Undefined where the client gave up. */
  readonly status: number | undefined;
  readonly headers: Headers;
  readonly body: unknown;
  readonly sends: number;
  readonly tookMs: number;
}

export interface ClientBounds {
  /** One try; then the connection is given up. */
  readonly timeoutMs: number;
  /** All tries together. */
  readonly patienceMs: number;
}

/** Clients that retry at once make an outage longer. */
const RETRY = { firstMs: 100, mostMs: 2_000 };

/** Sends a command until it has an answer that is not "try again". `urls` are equals: a retry goes to the next. */
export async function send(urls: readonly string[], command: Command, bounds: ClientBounds): Promise<Final> {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  let sends = 0;
  let last: Response | undefined;
  while (sends === 0 || elapsedMs() < bounds.patienceMs) {
    last = undefined;
    try {
      last = await fetch(`${urls[sends++ % urls.length]}${command.path}`, request(command, bounds.timeoutMs));
      const text = await last.text();
      const body = text === "" ? undefined : JSON.parse(text);
      if (!isWorthAnotherTry(last.status, body)) {
        return { status: last.status, headers: last.headers, body, sends, tookMs: elapsedMs() };
      }
    } catch {
      // Refused, reset, cut off in the middle or too late: nobody knows what has become of it.
    }
    const asked = Number(last?.headers.get("retry-after") ?? 0) * 1_000;
    await Bun.sleep(Math.max(asked, backoffMs(sends, RETRY) * (0.5 + Math.random() / 2)));
  }
  return { status: undefined, headers: new Headers(), body: undefined, sends, tookMs: elapsedMs() };
}

function request({ name, method, body, headers }: Command, timeoutMs: number): RequestInit {
  return {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      "idempotency-key": name,
      "x-correlation-id": name,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function isWorthAnotherTry(status: number, body: unknown): boolean {
  // Several commands, each with an end of its own; sent again, those that ended say the same.
  if (status === 207) return (body as { status: number }[]).some((one) => isWorthAnotherTry(one.status, one));
  return status >= 500 || (body as { code?: string } | undefined)?.code === "concurrent_update";
}
