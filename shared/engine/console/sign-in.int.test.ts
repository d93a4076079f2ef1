// Who is let in, as whom, and for how long: the console over HTTP and a Postgres of its own.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createKey, revokeKey } from "@millrace/access/keys";
import type { Role } from "@millrace/access/principal";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { createOriginCheck } from "@millrace/platform/origin-check";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { newestEntries } from "@millrace/trail/list";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { createAccess } from "./access.ts";
import { loadAssets } from "./assets.ts";
import { type Console, createConsole } from "./console.tsx";
import { createRebuilds } from "./rebuilds.ts";

const log = createLog("sign-in-test", "silent");
const HOST = "localhost:8080";
const HTML = { accept: "text/html", host: HOST };
const LIVE = { accept: "text/event-stream", host: HOST };
const OWN = { ...HTML, origin: `http://${HOST}`, "sec-fetch-site": "same-origin" };

let database: { readonly url: string; drop(): Promise<void> };
let sql: Sql;
let db: Database;
let site: Console;

beforeAll(async () => {
  const stack = await testStack();
  database = await stack.freshDatabase();
  ({ sql, db } = connectPostgres({ url: database.url, name: "sign-in-test", connectionsMax: 6 }));
  site = await consoleWith({ MILLRACE_AUTH: "required" });
}, 60_000);

afterAll(async () => {
  site?.release();
  await site?.stop();
  await sql?.end({ timeout: 1 });
  await database?.drop();
});

/** One of several consoles that stand on the same Postgres. */
async function consoleWith(environment: Record<string, string>): Promise<Console> {
  const databaseUrl = database.url;

  const kafka = createKafka({ names: NO_NAMES, brokers: ["127.0.0.1:1"], prefix: "", clientId: "test", log });
  return createConsole({
    webhooks: { sealer: undefined, internal: [] },
    ...{ sql, db, databaseUrl, kafka, log, currency: "USD", models: [], related: {}, processes: [] },
    rebuilds: createRebuilds({ databaseUrl, loader: new URL("unused", import.meta.url), kafka, log }),
    health: async () => [],
    access: createAccess({ config: readConfig(environment), sql, log }),
    assets: await loadAssets(),
    metrics: createMetrics("sign-in-test"),
    originCheck: createOriginCheck({ host: "localhost" }),
  });
}

async function keyOf(role: Role, subject: string = role): Promise<{ id: string; key: string }> {
  return createKey(sql, { role, subject, scopes: [], expiresInMs: 600_000, by: NOBODY });
}

interface Asked {
  readonly headers?: Record<string, string>;
  readonly fields?: Record<string, string>;
  readonly at?: Console;
  /** The other end of the connection. */
  readonly from?: string;
}

function ask(path: string, { headers = HTML, fields, at = site, from = "192.0.2.1" }: Asked = {}) {
  const body = fields && new URLSearchParams(fields).toString();
  const form = body && {
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(body.length),
  };
  const init = { method: body === undefined ? "GET" : "POST", headers: { ...headers, ...form } };
  const server = { requestIP: () => ({ address: from }) };
  return at.app.fetch(
    new Request(`http://${HOST}${path}`, body === undefined ? init : { ...init, body }),
    server,
  );
}

/** What a browser sends from then on. */
async function signedIn(key: string, asked: Asked = {}): Promise<string> {
  const answer = await ask("/sign-in", { headers: OWN, fields: { key, next: "/audit" }, ...asked });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/audit"]);
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

const look = async (cookie: string, at = site) =>
  (await ask("/audit", { headers: { ...HTML, cookie }, at })).status;
const formIn = async (answer: Response) => /name="form" value="(\w+)"/.exec(await answer.text())?.[1] ?? "";

/** What the trail has of what somebody did or was refused, the newest first. */
async function actsOf(actor: string): Promise<string[]> {
  const entries = await newestEntries(sql, 1_000);
  return entries.filter((entry) => entry.actor === actor).map(({ act }) => act);
}

describe("signing in with a key", () => {
  test("of an operator or an auditor begins a session, which any console takes", async () => {
    const other = await consoleWith({ MILLRACE_AUTH: "required" });
    for (const role of ["operator", "auditor"] as const) {
      const cookie = await signedIn((await keyOf(role)).key);
      expect([await look(cookie), await look(cookie, other)]).toEqual([200, 200]);
      const page = await (await ask("/audit", { headers: { ...HTML, cookie } })).text();
      expect(page).toContain(`${role}:${role}`);
    }
  });

  test("leaves nothing in Postgres that could be presented", async () => {
    const { key } = await keyOf("operator", "secretive");
    const [, secret = ""] = (await signedIn(key)).split("=");
    const [row] = await sql<{ whole: string }[]>`
      select to_jsonb(console_sessions)::text as whole from console_sessions where subject = 'secretive'`;
    expect(row?.whole).not.toContain(secret);
    const hash = /\\\\x([0-9a-f]{64})/.exec(row?.whole ?? "")?.[1] ?? "";
    expect(await look(`millrace_console=${Buffer.from(hash, "hex").toString("base64url")}`)).toBe(401);
  });

  test.each(["customer", "clerk", "service"] as const)(
    "of a %s is refused, with the reason",
    async (role) => {
      const scopes = role === "service" ? ["act-as"] : [];
      const { key } = await createKey(sql, { role, subject: "x", scopes, expiresInMs: 60_000, by: NOBODY });
      const answer = await ask("/sign-in", { headers: OWN, fields: { key } });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
      expect(await answer.text()).toContain(`your role is ${role}`);
      await eventually(async () => expect(await actsOf(`${role}:x`)).toContain("session.refuse"));
    },
  );

  test("that is none is refused, and asked for again", async () => {
    for (const key of ["", "wrong", `mr_0123456789abcdef_${"a".repeat(43)}`]) {
      const answer = await ask("/sign-in", {
        headers: OWN,
        fields: { key, next: "/lag" },
        from: "192.0.2.2",
      });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null]);
      expect(await answer.text()).toContain('name="next" value="/lag"');
    }
  });

  test("is not to be had from another site's page", async () => {
    const { key } = await keyOf("operator");
    // What says its origin is refused by the origin check, before the sign-in.
    const elsewhere = { "sec-fetch-site": "cross-site" };
    for (const says of [elsewhere, { ...elsewhere, origin: "https://evil.example" }]) {
      const answer = await ask("/sign-in", { headers: { ...OWN, ...says }, fields: { key } });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
    }
  });

  // Seen to fail with the limit asked before the key is looked up.
  test("is never refused because others guessed wrong, from the same address even; who guesses is slowed", async () => {
    const { key } = await keyOf("operator", "patient");
    const from = "192.0.2.9";
    const guess = () => ask("/sign-in", { headers: OWN, fields: { key: "wrong" }, from });
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) statuses.push((await guess()).status);
    expect(statuses.slice(0, 10).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(10).every((status) => status === 429)).toBe(true);
    expect(Number((await guess()).headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await look(await signedIn(key, { from }))).toBe(200);
    expect((await ask("/sign-in", { headers: OWN, fields: { key: "x" }, from: "192.0.2.10" })).status).toBe(
      401,
    );
  });

  // Seen to fail with the other end of the connection as who asks: all came from the proxy, and one kept the others out.
  test("through a proxy of ours is of the client that it names, in what is counted and in the trail", async () => {
    const at = await consoleWith({ MILLRACE_AUTH: "required", MILLRACE_TRUSTED_PROXIES: "10.0.0.0/8" });
    const guess = async (client: string, from = "10.1.2.3") => {
      const headers = { ...OWN, "x-forwarded-for": client };
      return (await ask("/sign-in", { headers, fields: { key: "wrong" }, at, from })).status;
    };
    const guesser = "9.9.9.9, 203.0.113.7";
    for (let n = 0; n < 10; n++) expect(await guess(guesser)).toBe(401);
    expect([await guess(guesser), await guess("203.0.113.8")]).toEqual([429, 401]);
    // A client that is no proxy of ours can't name another address, neither to escape its own bound nor to use up another's.
    for (let n = 0; n < 10; n++) await guess("203.0.113.8", "203.0.113.9");
    expect([await guess("203.0.113.8"), await guess("203.0.113.10", "203.0.113.9")]).toEqual([401, 429]);
    const headers = { ...OWN, "x-forwarded-for": guesser };
    const { key } = await keyOf("operator", "proxied");
    await signedIn(key, { headers, at, from: "10.1.2.3" });
    const [entry] = (await newestEntries(sql, 100)).filter(({ actor }) => actor === "operator:proxied");
    expect(entry).toMatchObject({ act: "session.start", origin: "203.0.113.7" });
  });

  test("a flood of wrong guesses leaves a handful of entries in the trail", async () => {
    const before = (await newestEntries(sql, 1_000)).length;
    for (let n = 0; n < 200; n++)
      await ask("/sign-in", { headers: OWN, fields: { key: "wrong" }, from: `198.51.100.${n}` });
    const since = (await newestEntries(sql, 1_000)).slice(0, -before);
    expect(since.length).toBeLessThanOrEqual(20);
    await ask("/audit", {
      headers: { host: HOST, authorization: `Bearer ${(await keyOf("clerk", "known")).key}` },
    });
    await eventually(async () => expect(await actsOf("clerk:known")).toEqual(["access.refuse"]));
  });
});

describe("a session", () => {
  test("ends at once where it is signed out of, at every console, and nobody goes on with its cookie", async () => {
    const cookie = await signedIn((await keyOf("operator", "leaver")).key);
    const other = await consoleWith({ MILLRACE_AUTH: "required" });
    expect(await look(cookie, other)).toBe(200);
    const form = await formIn(await ask("/audit", { headers: { ...HTML, cookie } }));
    const out = await ask("/sign-out", { headers: { ...OWN, cookie }, fields: { form } });
    expect([out.status, out.headers.get("location")]).toEqual([303, "/sign-in"]);
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect([await look(cookie), await look(cookie, other)]).toEqual([401, 401]);
    expect(await actsOf("operator:leaver")).toEqual(["session.end", "session.start"]);
  });

  test("is not signed out of by another site's page", async () => {
    const cookie = await signedIn((await keyOf("operator")).key);
    const form = await formIn(await ask("/audit", { headers: { ...HTML, cookie } }));
    const headers = { ...OWN, cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await ask("/sign-out", { headers, fields: { form } })).status).toBe(403);
    expect((await ask("/sign-out", { headers: { ...OWN, cookie }, fields: { form: "x" } })).status).toBe(403);
    expect(await look(cookie)).toBe(200);
  });

  test("ends with its key, and with every other session of it", async () => {
    const { id, key } = await keyOf("operator", "revoked");
    const cookies = [await signedIn(key), await signedIn(key)];
    const kept = await signedIn((await keyOf("operator", "revoked")).key);
    expect(await revokeKey(sql, { id, by: NOBODY })).toBe(true);
    for (const cookie of cookies) expect(await look(cookie)).toBe(401);
    expect(await look(kept)).toBe(200);
  });

  test("ends with its key's time", async () => {
    const { id, key } = await keyOf("operator");
    const cookie = await signedIn(key);
    await sql`update api_keys set expires_at = now() where id = ${id}`;
    expect(await look(cookie)).toBe(401);
  });

  test.each([
    ["ends after two hours without use", "seen_at = now() - interval '121 minutes'", 401],
    ["goes on until then", "seen_at = now() - interval '119 minutes'", 200],
    [
      "ends after twelve hours, however much it is used",
      "expires_at = expires_at - interval '721 minutes'",
      401,
    ],
    ["goes on until those are over", "expires_at = expires_at - interval '719 minutes'", 200],
  ])("%s", async (_what, change, expected) => {
    const subject = `sleeper-${Bun.randomUUIDv7()}`;
    const cookie = await signedIn((await keyOf("operator", subject)).key);
    await sql`update console_sessions set ${sql.unsafe(change)} where subject = ${subject}`;
    expect(await look(cookie)).toBe(expected);
  });

  test("is kept from idling by pages, and not by a page that stays open", async () => {
    const cookie = await signedIn((await keyOf("operator", "idler")).key);
    const seenMinutesAgo = async () => {
      const [row] = await sql<{ minutes: number }[]>`
        select extract(epoch from now() - seen_at)::float8 / 60 as minutes
        from console_sessions where subject = 'idler'`;
      return row?.minutes ?? Number.NaN;
    };
    await sql`update console_sessions set seen_at = now() - interval '1 hour' where subject = 'idler'`;
    const live = await ask("/audit", { headers: { ...LIVE, cookie } });
    expect(live.status).toBe(200);
    await live.body?.cancel();
    expect(await seenMinutesAgo()).toBeGreaterThan(59);
    await look(cookie);
    await eventually(async () => expect(await seenMinutesAgo()).toBeLessThan(1));
  });

  // Seen to fail with a session that is looked at when its stream opens, and never again.
  test("ends its open pages as well", async () => {
    const { id, key } = await keyOf("auditor", "follower");
    const cookie = await signedIn(key);
    const live = await ask("/audit", { headers: { ...LIVE, cookie } });
    await revokeKey(sql, { id, by: NOBODY });
    await live.text();
  }, 20_000);

  test("gives way where its principal has begun twenty later ones", async () => {
    const { key } = await keyOf("operator", "collector");
    const first = await signedIn(key);
    const second = await signedIn(key);
    for (let n = 0; n < 19; n++) await signedIn(key);
    expect([await look(first), await look(second)]).toEqual([401, 200]);
  });

  test("that is made up, or another's by a bit, is none", async () => {
    const cookie = await signedIn((await keyOf("operator")).key);
    const changed = cookie.slice(0, -1) + (cookie.endsWith("A") ? "E" : "A");
    for (const other of [changed, "millrace_console=", "millrace_console='; drop table console_sessions; --"])
      expect(await look(other)).toBe(401);
  });
});

describe("who may do what", () => {
  const retry = "/dead-letters/999999/retry";

  test("an auditor sees, and changes nothing; the refusal is in the trail", async () => {
    const cookie = await signedIn((await keyOf("auditor", "watcher")).key);
    const page = await ask("/projections", { headers: { ...HTML, cookie } });
    const form = await formIn(page);
    const answer = await ask(retry, { headers: { ...OWN, cookie }, fields: { form } });
    expect(answer.status).toBe(403);
    await eventually(async () => expect(await actsOf("auditor:watcher")).toContain("access.refuse"));
  });

  test("an operator acts, with the form that their own session was shown", async () => {
    const cookie = await signedIn((await keyOf("operator")).key);
    const form = await formIn(await ask("/projections", { headers: { ...HTML, cookie } }));
    const done = await ask(retry, { headers: { ...OWN, cookie }, fields: { form } });
    expect(done.headers.get("location")).toBe("/dead-letters?said=gone");
    const other = await signedIn((await keyOf("operator")).key);
    expect((await ask(retry, { headers: { ...OWN, cookie: other }, fields: { form } })).status).toBe(403);
  });

  test("a program says it in Authorization, and may send forms; a clerk's may not come in", async () => {
    const bearer = async (role: Role) => ({ host: HOST, authorization: `Bearer ${(await keyOf(role)).key}` });
    const operator = await bearer("operator");
    expect((await ask("/audit", { headers: operator })).status).toBe(200);
    expect((await ask(retry, { headers: operator, fields: {} })).headers.get("location")).toContain("gone");
    expect((await ask(retry, { headers: await bearer("auditor"), fields: {} })).status).toBe(403);
    expect((await ask("/audit", { headers: await bearer("clerk") })).status).toBe(403);
  });

  test("a header that is wrong is not made good by a cookie", async () => {
    const cookie = await signedIn((await keyOf("operator")).key);
    const headers = { ...HTML, cookie, authorization: "Bearer wrong" };
    expect((await ask("/audit", { headers })).status).toBe(401);
  });

  test("whoever has not signed in sees the page that asks, and a program a problem", async () => {
    const page = await ask("/audit?kind=x");
    expect(page.status).toBe(401);
    expect(await page.text()).toContain('name="next" value="/audit?kind=x"');
    const answer = await ask("/audit", { headers: { host: HOST } });
    expect(await answer.json()).toMatchObject({ status: 401, code: "credentials_required" });
    expect((await ask(retry, { headers: OWN, fields: {} })).status).toBe(401);
  });
});

describe("the trail's page", () => {
  const see = async (path: string, cookie: string) =>
    (await ask(path, { headers: { ...HTML, cookie } })).text();

  test("shows who did what to those that may look, by who, act and target", async () => {
    const { id, key } = await keyOf("auditor", "reader");
    const cookie = await signedIn(key);
    expect(await see("/trail?actor=auditor:reader", cookie)).toContain("session.start");
    expect(await see("/trail?actor=auditor:reader", cookie)).not.toContain("act=key.create");
    expect(await see(`/trail?act=key.create&target=${id}`, cookie)).toContain("reader");
    expect(await see("/trail?act=none.such", cookie)).toContain("The trail has no such entry");
    expect(await see("/trail?before=2", cookie)).not.toContain(">3<");
    expect((await ask("/trail", { headers: { host: HOST } })).status).toBe(401);
  });

  test("shows what people wrote as text", async () => {
    const cookie = await signedIn((await keyOf("auditor", "<b>bold</b>")).key);
    const page = await see("/trail", cookie);
    expect(page).toContain("&lt;b&gt;bold");
    expect(page).not.toContain("<b>bold");
  });

  test("says whether the trail is as it was written, by its hashes and by a head that was noted", async () => {
    const cookie = await signedIn((await keyOf("auditor")).key);
    const whole = await see("/trail/verify", cookie);
    const head = /(\d+:[0-9a-f]{64})/.exec(whole)?.[1] ?? "";
    expect(whole).toContain("The trail is whole");
    expect(await see(`/trail/verify?head=${head}`, cookie)).toContain("The trail is whole");
    expect(await see(`/trail/verify?head=1:${"0".repeat(64)}`, cookie)).toContain("not as it was written");
    expect(await see("/trail/verify?head=x", cookie)).toContain("nothing was verified");
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update trail set actor = 'nobody' where position = 2`;
    });
    expect(await see("/trail/verify", cookie)).toContain("Entries before 2 are as they were");
  });
});

describe("where an issuer knows people", () => {
  const environment = {
    MILLRACE_AUTH: "required",
    MILLRACE_OIDC_ISSUER: "http://127.0.0.1:1",
    MILLRACE_OIDC_AUDIENCE: "millrace",
    MILLRACE_OIDC_CONSOLE_CLIENT: "millrace-console",
  };

  test("the page leads there, and to nobody where there is none", async () => {
    const page = await (await ask("/audit", { at: await consoleWith(environment) })).text();
    expect(page).toContain('href="/sign-in/issuer?next=%2Faudit"');
    expect(await (await ask("/audit")).text()).not.toContain("/sign-in/issuer");
    for (const path of ["/sign-in/issuer", "/sign-in/callback?code=x&state=y"])
      expect((await ask(path)).status).toBe(404);
  });

  test("one that is away is said to be, and keys sign in all the same", async () => {
    const at = await consoleWith(environment);
    const answer = await ask("/sign-in/issuer", { at });
    expect([answer.status, (await answer.text()).includes("issuer_unavailable")]).toEqual([503, true]);
    expect(await look(await signedIn((await keyOf("operator")).key, { at }), at)).toBe(200);
  });

  test("what nobody has asked for begins no session", async () => {
    const at = await consoleWith(environment);
    const answer = await ask("/sign-in/callback?code=x&state=y", { at });
    expect(answer.status).toBe(401);
    expect(answer.headers.getSetCookie()).toEqual([
      "millrace_console_flow=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    ]);
  });
});

describe("without sessions", () => {
  test("on loopback it is open, and a form must still be one of ours", async () => {
    const at = await consoleWith({});
    expect((await ask("/audit", { at })).status).toBe(200);
    expect((await ask("/sign-in", { at })).headers.get("location")).toBe("/");
    const to = "/dead-letters/999999/retry";
    for (const headers of [OWN, { host: HOST, authorization: "Bearer anything" }])
      expect((await ask(to, { at, headers, fields: {} })).status).toBe(403);
  });

  test("a gateway says who it is, and a cookie says nothing there", async () => {
    const cookie = await signedIn((await keyOf("operator")).key);
    const secret = "a-secret-of-the-gateway-for-tests";
    const at = await consoleWith({ MILLRACE_AUTH: "gateway", MILLRACE_AUTH_GATEWAY_SECRET: secret });
    expect(await look(cookie, at)).toBe(401);
    const by = (role: string) => ({
      ...OWN,
      "millrace-gateway-secret": secret,
      "millrace-role": role,
      "millrace-subject": "gina",
    });
    const page = await ask("/audit", { at, headers: by("auditor") });
    expect([page.status, (await page.text()).includes("auditor:gina")]).toEqual([200, true]);
    expect((await ask("/audit", { at, headers: by("clerk") })).status).toBe(403);
    const to = "/dead-letters/999999/retry";
    expect((await ask(to, { at, headers: by("operator"), fields: {} })).status).toBe(403);
  });
});
