// Checks for a walk through a running system: small on purpose, since its output is read by people in CI.
// Where access is required, API_KEY is what each request brings.
import { isDeepStrictEqual } from "node:util";
import { readConfig } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";

const config = readConfig();
const QUERY_API_URL = `http://127.0.0.1:${config.QUERY_API_PORT}`;
const COMMAND_API_URL = `http://127.0.0.1:${config.COMMAND_API_PORT}`;

/** Undefined where nobody is asked. */
// biome-ignore lint/style/noProcessEnv: the walk's own setting, which no process of Millrace reads
export const apiKey: string | undefined = process.env.API_KEY;
const credentials: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};

/** The contract's "reads": within a second. A test that runs beside others, and asks about something else, sets another. */
// biome-ignore lint/style/noProcessEnv: the walk's own setting, which no process of Millrace reads
const VISIBLE_WITHIN_MS = Number(process.env.VISIBLE_WITHIN_MS ?? 1_000);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Expectation {
  is(expected: unknown): void;
  /** A superset: what is expected stands there, perhaps beside more. */
  has(expected: object): void;
}

export type Expect = (actual: unknown) => Expectation;

let passed = 0;
let failed = 0;

const expect: Expect = (actual) => ({
  is(expected) {
    if (!isDeepStrictEqual(actual, expected)) throw mismatch(actual, expected);
  },
  has(expected) {
    const part = Object.fromEntries(
      Object.keys(expected).map((key) => [key, (actual as Record<string, unknown>)?.[key]]),
    );
    if (!isDeepStrictEqual(part, expected)) throw mismatch(actual, expected);
  },
});

function mismatch(actual: unknown, expected: unknown): Error {
  return new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

export async function check(name: string, body: (expect: Expect) => Promise<void>): Promise<void> {
  try {
    await body(expect);
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}\n        ${describe(error)}`);
  }
}

/** Repeats the reads until they hold, for no longer than the contract gives. */
export async function visible(
  reads: (expect: Expect) => Promise<void>,
  withinMs = VISIBLE_WITHIN_MS,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await reads(expect);
    } catch (error) {
      if (performance.now() - startedAt > withinMs) {
        throw new Error(`not visible within ${withinMs} ms`, { cause: error });
      }
      await Bun.sleep(10);
    }
  }
}

/** A request to the command API. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return answer(
    await fetch(`${COMMAND_API_URL}${path}`, {
      method,
      headers: { ...credentials, ...type, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** A request to the query API. */
export async function get(
  path: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers = { ...credentials, ...init.headers };
  return answer(await fetch(`${QUERY_API_URL}${path}`, { ...init, headers }));
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

/** Ends the walk: prints the counts and sets the exit code. */
export function walked(): void {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
