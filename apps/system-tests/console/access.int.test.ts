// Who gets in, what goes on while a server is away, and how it ends: processes of their own, spoken to over sockets.
// Seen to fail: without the check of Host a rebound name is served; without isOwnForm a foreign form discards.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import type { Child } from "@millrace/local/child";
import { APPS, type App } from "@millrace/platform/apps";
import { eventually } from "@millrace/testing/eventually";
import { startApp } from "../start-app.ts";
import { openSite, type Site } from "./site.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HTML = { accept: "text/html" };

let site: Site;
let guarded: { url: string; child: Child };
/** Of an operator. */
let key: string;

beforeAll(async () => {
  site = await openSite();
  guarded = await startGuarded();
  key = makeKey("operator", "ann");
  await eventually(async () => expect((await fetch(`${guarded.url}/readyz`)).status).toBe(200), {
    withinMs: 60_000,
    everyMs: 100,
  });
}, 240_000);

afterAll(async () => {
  await guarded?.child.stop(15_000);
  await site?.stop();
}, 60_000);

function makeKey(role: string, name: string): string {
  const made = Bun.spawnSync(
    [process.execPath, "apps/ops/main.ts", "keys", "create", "--role", role, "--name", name, "--json"],
    { cwd: ROOT, env: { PATH: Bun.env.PATH, DATABASE_URL: site.system.postgres.url } },
  );
  return JSON.parse(made.stdout.toString()).key;
}

/** One that listens off loopback. */
function startGuarded(environment: Record<string, string> = {}, lines: string[] = []) {
  return start("console", { CONSOLE_HOST: "0.0.0.0", ...environment }, lines);
}

function start(app: App, environment: Record<string, string>, lines: string[] = []) {
  const { guard, urlOf, kafka } = site.system;
  return startApp(app, {
    guard,
    environment: { DATABASE_URL: urlOf(app), KAFKA_BROKERS: kafka.broker, ...environment },
    line: (line) => lines.push(line),
  });
}

function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual", headers });
}

async function problemOf(answer: Response): Promise<[number, string | undefined]> {
  return [answer.status, /data-problem="(\w+)"/.exec(await answer.text())?.[1]];
}

describe("off loopback", () => {
  test("it does not start open, and says why", async () => {
    const lines: string[] = [];
    const { child } = await startGuarded({ MILLRACE_AUTH: "open" }, lines);
    expect((await child.exited).code).not.toBe(0);
    expect(lines.join("\n")).toContain("MILLRACE_AUTH");
  }, 30_000);

  test("nothing is shown to those who have not signed in, but the probes and the page that asks for it", async () => {
    for (const path of ["/", "/orders", "/dead-letters", "/find?q=A-1"]) {
      const asked = await fetch(`${guarded.url}${path}`, { headers: HTML });
      const text = await asked.text();
      expect({ path, status: asked.status, isForm: text.includes('name="key"') }).toEqual({
        path,
        status: 401,
        isForm: true,
      });
      expect(text).not.toContain("called-off");
      expect(await (await fetch(`${guarded.url}${path}`)).json()).toMatchObject({
        code: "credentials_required",
      });
    }
    expect((await post(`${guarded.url}/projections/users/drop`, {})).status).toBe(401);
    expect((await fetch(`${guarded.url}/healthz`)).status).toBe(200);
  });

  test("a key signs in, what is none does not, and signing out ends it; all of it is in the trail", async () => {
    expect((await post(`${guarded.url}/sign-in`, { key: "another" })).status).toBe(401);
    const entered = await post(`${guarded.url}/sign-in`, { key, next: "/lag" });
    expect([entered.status, entered.headers.get("location")]).toEqual([303, "/lag"]);
    const setCookie = entered.headers.get("set-cookie") ?? "";
    expect(setCookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(setCookie).not.toContain(key.slice(-20));
    const cookie = setCookie.split(";")[0] ?? "";
    const page = await (await fetch(`${guarded.url}/lag`, { headers: { ...HTML, cookie } })).text();
    expect(page).toContain("<h1>Lag</h1>");
    const form = /name="form" value="(\w+)"/.exec(page)?.[1] ?? "";
    const out = await post(`${guarded.url}/sign-out`, { form }, { cookie, origin: guarded.url });
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await fetch(`${guarded.url}/lag`, { headers: { ...HTML, cookie } })).status).toBe(401);
    const acts = await site.system.sql<{ act: string; actor: string; origin: string }[]>`
      select act, actor, origin from trail where act like 'session.%' order by position`;
    const origin = "127.0.0.1";
    expect([...acts]).toEqual([
      { act: "session.refuse", actor: "unknown", origin },
      { act: "session.start", actor: "operator:ann", origin },
      { act: "session.end", actor: "operator:ann", origin },
    ]);
  });

  test("a name that somebody has pointed at this machine gets nothing, not even with a key", async () => {
    const { port } = new URL(guarded.url);
    const authorization = `Bearer ${key}`;
    const rebound = { authorization, host: `rebound.example:${port}` };
    for (const path of ["/orders", "/sign-in", "/readyz"]) {
      const answer = await fetch(`${guarded.url}${path}`, { headers: rebound });
      expect([answer.status, await answer.json()]).toMatchObject([403, { code: "host_not_allowed" }]);
    }
    expect((await post(`${guarded.url}/projections/users/drop`, {}, rebound)).status).toBe(403);
  });

  test("a program says it in Authorization, and may send forms", async () => {
    const authorization = `Bearer ${key}`;
    expect((await fetch(`${guarded.url}/orders`, { headers: { authorization } })).status).toBe(200);
    const retried = await post(`${guarded.url}/dead-letters/999999/retry`, {}, { authorization });
    expect(retried.headers.get("location")).toBe("/dead-letters?said=gone");
    const paused = async (what: string, process = "payments") => {
      const answer = await post(`${guarded.url}/processes/${process}/${what}`, {}, { authorization });
      return answer.headers.get("location")?.split("said=")[1];
    };
    expect([
      await paused("pause"),
      await paused("pause"),
      await paused("resume"),
      await paused("resume"),
    ]).toEqual(["process-paused", "process-as-it-was", "resumed", "process-as-it-was"]);
    expect(await paused("pause", "nothing")).toBe("process-as-it-was");
    expect((await fetch(`${guarded.url}/orders`, { headers: { authorization: "Bearer no" } })).status).toBe(
      401,
    );
  });
});

describe("API keys", () => {
  const keysOf = async (authorization: string) =>
    (await fetch(`${guarded.url}/keys`, { headers: { ...HTML, authorization } })).text();

  // Seen to fail with an id of its own for each sending of the form: what was reloaded made a second key.
  test("are made, shown once, listed and revoked from a page, by operators alone, and the trail says so", async () => {
    const entered = await post(`${guarded.url}/sign-in`, { key });
    const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const page = await (await fetch(`${guarded.url}/keys`, { headers: { ...HTML, cookie } })).text();
    const form = /name="form" value="(\w+)"/.exec(page)?.[1] ?? "";
    const named = /name="id" value="(\w+)"/.exec(page)?.[1] ?? "";
    const wish = { form, id: named, role: "auditor", name: "mia", scopes: "", expires: "1d" };
    const own = { cookie, origin: guarded.url };

    expect((await post(`${guarded.url}/keys`, wish, { cookie, origin: "https://evil.example" })).status).toBe(
      403,
    );
    expect((await post(`${guarded.url}/keys`, { ...wish, form: "" }, own)).status).toBe(403);
    expect((await post(`${guarded.url}/keys`, { ...wish, expires: "never" }, own)).status).toBe(422);
    expect((await post(`${guarded.url}/keys`, { ...wish, role: "service" }, own)).status).toBe(422);

    const answer = await post(`${guarded.url}/keys`, wish, own);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const [made = "", id = ""] = /mr_([0-9a-f]{16})_[A-Za-z0-9-]{43}/.exec(await answer.text()) ?? [];
    expect(id).toBe(named);
    const reloaded = await post(`${guarded.url}/keys`, wish, own);
    expect([reloaded.status, await reloaded.text()]).toEqual([
      422,
      expect.stringContaining(`key ${id} is there already`),
    ]);
    const bearer = `Bearer ${made}`;
    const listed = await keysOf(bearer);
    expect([listed.includes(id), listed.includes(made), listed.includes("Revoke")]).toEqual([
      true,
      false,
      false,
    ]);
    expect((await post(`${guarded.url}/keys`, wish, { authorization: bearer })).status).toBe(403);

    const revoked = await post(`${guarded.url}/keys/${id}/revoke`, { form }, own);
    expect(revoked.headers.get("location")).toBe("/keys?said=revoked");
    const again = await post(`${guarded.url}/keys/${id}/revoke`, { form }, own);
    expect(again.headers.get("location")).toBe("/keys?said=no-key");
    await eventually(async () => expect(await keysOf(bearer)).toContain('name="key"'));
    const acts = await site.system.sql`
      select act, actor, authn, origin from trail where target = ${id} order by position`;
    const by = { actor: "operator:ann", authn: "key", origin: "127.0.0.1" };
    expect([...acts]).toEqual([
      { act: "key.create", ...by },
      { act: "key.revoke", ...by },
    ]);
  });
});

describe("the trail of other apps", () => {
  // Seen to fail without recordSettings in the relay's main, and without its right to append.
  test("says what each was told at its start, by its own login", async () => {
    const told = () => site.system.sql<{ target: string; login: string; access: string }[]>`
      select distinct target, login, details->>'access' as access from trail where act = 'settings.start'`;
    await eventually(async () => {
      const apps = (await told()).filter(({ access }) => access === "open");
      expect(apps.map(({ target }) => target).sort()).toEqual(APPS.filter((app) => app !== "ops").toSorted());
      for (const { target, login } of apps) expect(login).toEndWith(target.replace("-", "_"));
    });
  });

  // Seen to fail while the gate's onRefused was not called.
  test.each([
    ["command-api", "POST", "webhooks:configure"],
    ["query-api", "GET", "webhooks:oversee"],
  ] as const)(
    "says whom the %s refused, and what for",
    async (app, method, target) => {
      const { url, child } = await start(app, { MILLRACE_AUTH: "required" });
      try {
        const authorization = "Bearer mr_wrong_key";
        await eventually(async () =>
          expect((await fetch(`${url}/webhooks`, { method, headers: { authorization } })).status).toBe(401),
        );
        const origin = "127.0.0.1";
        await eventually(async () => {
          const kept = await site.system.sql`
          select actor, authn, origin, target, details from trail
          where act = 'access.refuse' and login like ${`%${app.replace("-", "_")}`}`;
          const details = { code: "credentials_invalid" };
          expect([...kept]).toMatchObject([{ actor: "unknown", authn: "none", origin, target, details }]);
        });
      } finally {
        await child.stop(15_000);
      }
    },
    60_000,
  );
});

describe("on loopback", () => {
  test("a name that somebody has pointed at this machine is refused", async () => {
    const { port } = new URL(site.url);
    const rebound = await fetch(site.url, { headers: { ...HTML, host: `rebound.example:${port}` } });
    expect(await problemOf(rebound)).toEqual([403, "host_not_allowed"]);
    expect((await fetch(site.url, { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  test("a form of another site, or of nobody, changes nothing", async () => {
    const id = await site.poison("kept");
    const page = await (await fetch(`${site.url}/dead-letters/${id}/discard`, { headers: HTML })).text();
    const form = /name="form" value="(\w+)"/.exec(page)?.[1] ?? "";
    const to = `${site.url}/dead-letters/${id}/discard`;
    for (const headers of [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
    ]) {
      expect(await problemOf(await post(to, { form }, { ...HTML, ...headers }))).toEqual([
        403,
        "cross_site_request",
      ]);
    }
    expect(await problemOf(await post(to, {}, { ...HTML, origin: site.url }))).toEqual([
      403,
      "cross_site_request",
    ]);
    expect((await fetch(`${site.url}/dead-letters/${id}`)).status).toBe(200);
    expect((await post(to, { form }, { origin: site.url })).status).toBe(303);
    expect((await fetch(`${site.url}/dead-letters/${id}`)).status).toBe(404);
  }, 60_000);

  test("pages run nothing but our script, and keep style and script by their content", async () => {
    const page = await fetch(site.url, { headers: HTML });
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const href = /src="(\/assets\/console\.\w+\.js)"/.exec(await page.text())?.[1] ?? "";
    const script = await fetch(`${site.url}${href}`);
    expect(script.headers.get("cache-control")).toContain("immutable");
    const etag = script.headers.get("etag") ?? "";
    expect((await fetch(`${site.url}${href}`, { headers: { "if-none-match": etag } })).status).toBe(304);
  });
});

describe("while a server is away", () => {
  const look = (path: string) => fetch(`${site.url}${path}`, { headers: HTML });
  // Of an order whose records it has found before, its page needs no Kafka: these two are looked at first here.

  test.each([
    ["kafka", "/topics", "kafka_unavailable"],
    ["kafka", "/orders/declined", "kafka_unavailable"],
    ["postgres", "/orders", "postgres_unavailable"],
  ] as const)(
    "of %s, %s says so with 503 and works again by itself",
    async (server, path, code) => {
      const network = site.system.networks.console[server];
      network.cut();
      try {
        const answer = await look(path);
        expect(answer.headers.get("content-type")).toContain("text/html");
        const text = await answer.text();
        expect([answer.status, text.includes(`data-problem="${code}"`)]).toEqual([503, true]);
        expect(text).not.toMatch(/ECONNREFUSED|\.ts:\d|KafkaJS/);
      } finally {
        network.open();
      }
      await eventually(async () => expect((await look(path)).status).toBe(200), {
        withinMs: 20_000,
        everyMs: 100,
      });
    },
    60_000,
  );

  test("the order's own page still tells what Postgres knows", async () => {
    const network = site.system.networks.console.kafka;
    network.cut();
    try {
      const answer = await look("/orders/called-off");
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain("OrderCancelled");
    } finally {
      network.open();
    }
  }, 30_000);
});

describe("its end", () => {
  test("SIGTERM ends it with 0 and its streams with it, within the drain's time", async () => {
    const [console] = site.system.ofKind("console");
    const stream = await fetch(`${site.url}/orders`, { headers: { accept: "text/event-stream" } });
    const reader = stream.body?.getReader();
    await reader?.read();
    const { code, tookMs } = (await console?.terminate()) ?? { code: null, tookMs: 0 };
    expect({ code, inTime: tookMs < 5_000 }).toEqual({ code: 0, inTime: true });
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
    await console?.ready(30_000);
  }, 60_000);
});
