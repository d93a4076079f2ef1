// When a request is sent again, and with what: against a server that answers as it is told.
import { afterAll, beforeEach, expect, test } from "bun:test";
import { createClient } from "./client.ts";

let answers: Response[] = [];
let asked: { at: number; method: string; path: string; headers: Headers }[] = [];

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const { pathname } = new URL(request.url);
    asked.push({ at: performance.now(), method: request.method, path: pathname, headers: request.headers });
    return answers.shift() ?? Response.json({ id: "1", status: "CREATED" });
  },
});
afterAll(() => server.stop(true));

beforeEach(() => {
  answers = [];
  asked = [];
});

const url = server.url.href;
const orders = (options = {}) => createClient({ commands: url, queries: url, ...options }).of("orders");

function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  const type = { "content-type": "application/problem+json" };
  return new Response(JSON.stringify({ status, code, title: code, detail: code }), {
    status,
    headers: { ...type, ...headers },
  });
}

// Seen to fail where the backoff of a hundredth of a second stands for what the answer says.
test("what is refused for now is asked again no sooner than it says, with the same key", async () => {
  answers = [
    refusal(503, "overloaded", { "retry-after": "1" }),
    refusal(429, "rate_limited", { "retry-after": "0" }),
  ];
  expect(await orders().create({ amount: 5 })).toMatchObject({ ok: true, value: { id: "1" } });
  const [first, second, third] = asked;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  const keys = new Set([first, second, third].map((each) => each?.headers.get("idempotency-key")));
  expect([asked.length, keys.size, [...keys][0]?.length]).toEqual([3, 1, 32]);
});

test("each write has a key of its own, unless its caller names one", async () => {
  await orders().create({ amount: 5 });
  await orders().create({ amount: 5 });
  await orders().create({ amount: 5 }, { key: "mine" });
  const [one, other, named] = asked.map(({ headers }) => headers.get("idempotency-key"));
  expect([one === other, named]).toEqual([false, "mine"]);
});

test("a refusal is a refusal, and what never heals is said as it is", async () => {
  answers = [refusal(409, "order_already_exists")];
  expect(await orders().create({ amount: 5 })).toMatchObject({ problem: { code: "order_already_exists" } });
  answers = [refusal(429, "rate_limited", { "retry-after": "61" })];
  expect(await orders().create({ amount: 5 })).toMatchObject({ problem: { code: "rate_limited" } });
  expect(asked).toHaveLength(2);
  const page = () => new Response("<h1>Bad gateway</h1>", { status: 502 });
  answers = [page(), page()];
  const unreadable = await orders({ triesMax: 2 }).get("1");
  expect(unreadable).toMatchObject({ problem: { code: "unreadable_answer", status: 502 } });
  expect(asked).toHaveLength(4);
  const nobody = createClient({ commands: "http://127.0.0.1:1", queries: "http://127.0.0.1:1", triesMax: 2 });
  expect(await nobody.of("orders").get("1")).toMatchObject({ problem: { code: "unreachable", status: 0 } });
});

test("a caller's own signal ends it, also while it waits for another try", async () => {
  answers = [refusal(503, "overloaded", { "retry-after": "60" })];
  const outcome = orders().get("1", undefined, { signal: AbortSignal.timeout(50) });
  await expect(outcome).rejects.toThrow("timed out");
});

test("a credential is asked for at each request, so that it may be renewed", async () => {
  let issued = 0;
  const client = orders({ credential: async () => `token-${++issued}` });
  await client.get("1");
  await client.get("1");
  await orders({ credential: "mr_key" }).get("1");
  expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual([
    "Bearer token-1",
    "Bearer token-2",
    "Bearer mr_key",
  ]);
});
