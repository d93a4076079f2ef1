// Endpoints over HTTP, from the request to the row; and who may.

import { beforeEach, describe, expect, test } from "bun:test";
import { type Principal, ROLES } from "@millrace/access/principal";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
import { createBodies } from "@millrace/http/body";
import { createHttpApp } from "@millrace/http/server";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { entriesAfter, newestEntries } from "@millrace/trail/list";
import { claimDeliveries, settleDeliveries } from "./deliveries.ts";
import type { Sealer } from "./seal.ts";
import { openPostRoom } from "./testing/post-room.ts";
import { webhookReadRoutes } from "./webhook-read-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

const WISH = { url: "https://hooks.example/a", events: ["thing.*"] };
const principals: Principal[] = [
  ...ROLES.map((role): Principal => ({ role, subject: role, scopes: [], authn: "key" })),
  { role: "service", subject: "reader", scopes: ["webhooks:read"], authn: "key" },
  { role: "service", subject: "writer", scopes: ["webhooks:write"], authn: "key" },
  { role: "service", subject: "till", scopes: ["notes:write", "notes:read"], authn: "key" },
];

const room = await onOwnDatabase(openPostRoom);
const app = appWith(room.sealer);

beforeEach(async () => {
  await room.sql`truncate webhook_endpoints, webhook_deliveries, webhook_replays`;
});

function appWith(sealer: Sealer | undefined, gated = false) {
  const log = createLog("webhooks-test", "silent");
  const bodies = createBodies({ bytesMax: 100_000, inFlightBytesMax: 200_000 });
  const routes = [
    ...webhookRoutes({ sql: room.sql, bodies, sealer, internal: ["localhost"] }),
    ...webhookReadRoutes(room.sql),
  ];
  const gate = gated ? { gate: gateByName(...principals) } : {};
  return createHttpApp({
    ...{ title: "", description: "", routes, requestsMax: 100, log, metrics: createMetrics("webhooks-test") },
    ...gate,
    notReady: () => undefined,
  });
}

async function ask(method: string, path: string, body?: unknown, { on = app, headers = {} } = {}) {
  const answer = await on.request(path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  const said = (text ? JSON.parse(text) : undefined) as any;
  return { status: answer.status, headers: answer.headers, body: said };
}

describe("endpoints", () => {
  test("201: added, with a secret that is shown this once and stands nowhere in clear", async () => {
    const added = await ask("POST", "/webhooks", WISH);
    const { id, secret, ...shown } = added.body;
    expect([added.status, secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
    expect(shown).toMatchObject({ ...WISH, payload: "thin", ordered: false, enabled: true });
    expect(added.headers.get("location")).toBe(`/webhooks/${id}`);
    expect(JSON.stringify((await ask("GET", `/webhooks/${id}`)).body)).not.toContain('secret":"');
    expect((await ask("GET", "/webhooks")).body).toHaveLength(1);
    const [row] = await room.sql<{ kept: Buffer }[]>`select secret as kept from webhook_endpoints`;
    expect(row?.kept.toString("latin1")).not.toContain(secret.slice(6, 20));
  });

  test("422: what is no address outside, or no pattern, or no word of ours", async () => {
    const wrong = [
      [{ ...WISH, url: "https://127.0.0.1/" }, "/url"],
      [{ ...WISH, url: "http://hooks.example/" }, "/url"],
      [{ ...WISH, events: [] }, "/events"],
      [{ ...WISH, events: ["thing"] }, "/events/0"],
      [{ ...WISH, payload: "fat" }, "/payload"],
      [{ ...WISH, secret: "whsec_x" }, "/secret"],
      [{ ...WISH, description: "nul \u0000" }, "/description"],
      [{ events: ["*"] }, "/url"],
    ] as const;
    for (const [body, pointer] of wrong) {
      const { status, body: said } = await ask("POST", "/webhooks", body);
      expect({ status, pointer: said.errors?.[0].pointer }).toEqual({ status: 422, pointer });
    }
    expect((await ask("GET", "/webhooks")).body).toEqual([]);
  });

  test("200, 204: changed, disabled, enabled and removed", async () => {
    const { id } = (await ask("POST", "/webhooks", WISH)).body;
    const changed = await ask("PATCH", `/webhooks/${id}`, {
      events: ["*"],
      ordered: true,
      description: "ours",
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...WISH, events: ["*"], ordered: true, description: "ours" },
    });
    expect((await ask("PATCH", `/webhooks/${id}`, { enabled: false })).body).toMatchObject({
      enabled: false,
      disabledReason: null,
      description: "ours",
    });
    expect((await ask("PATCH", `/webhooks/${id}`, { enabled: true, description: null })).body).toMatchObject({
      enabled: true,
      disabledAt: null,
      description: null,
    });
    expect((await ask("PATCH", `/webhooks/${id}`, { url: "https://10.0.0.1/" })).status).toBe(422);
    await ask("POST", `/webhooks/${id}/test`);
    expect((await ask("DELETE", `/webhooks/${id}`)).status).toBe(204);
    expect(await room.sql`select from webhook_deliveries`).toHaveLength(0);
    expect((await ask("GET", `/webhooks/${id}`)).body.code).toBe("webhook_not_found");
  });

  test("404: an endpoint or a delivery that is not there, whatever the path says", async () => {
    for (const id of [`ep_${"0".repeat(32)}`, "none", "%00", "__proto__"]) {
      for (const [method, path, body] of [
        ["GET", `/webhooks/${id}`],
        ["GET", `/webhooks/${id}/deliveries`],
        ["PATCH", `/webhooks/${id}`, { enabled: true }],
        ["DELETE", `/webhooks/${id}`],
        ["POST", `/webhooks/${id}/test`],
        ["POST", `/webhooks/${id}/secret`],
        ["POST", `/webhooks/${id}/replay`, { since: "2026-01-01T00:00:00Z" }],
        ["POST", `/webhooks/${id}/deliveries/msg_1/retry`],
      ] as const) {
        expect([path, (await ask(method, path, body)).status]).toEqual([path, 404]);
      }
    }
  });

  test("202: a test, its log, its retry, and a replay", async () => {
    const { id } = (await ask("POST", "/webhooks", WISH)).body;
    const { status, body } = await ask("POST", `/webhooks/${id}/test`);
    expect(status).toBe(202);
    expect((await ask("GET", `/webhooks/${id}/deliveries?state=pending&limit=5`)).body).toMatchObject([
      { id: body.id, event: "webhook.test", state: "pending", attempts: 0 },
    ]);
    expect((await ask("GET", `/webhooks/${id}/deliveries?state=lost`)).status).toBe(422);
    expect((await ask("POST", `/webhooks/${id}/deliveries/${body.id}/retry`)).status).toBe(202);
    expect((await ask("POST", `/webhooks/${id}/replay`, { since: "yesterday" })).status).toBe(422);
    expect((await ask("POST", `/webhooks/${id}/replay`, { since: "2026-01-01T00:00:00Z" })).status).toBe(202);
    expect(await room.sql`select from webhook_replays where endpoint = ${id}`).toHaveLength(1);
  });

  // Seen to fail as it was: 404, while the log showed it.
  test("409: a retry of one that is being sent, and 202 once that has ended", async () => {
    const { id } = (await ask("POST", "/webhooks", WISH)).body;
    const { body } = await ask("POST", `/webhooks/${id}/test`);
    const endpoint = { id, ordered: false };
    const [held] = await claimDeliveries(room.sql, { endpoint, most: 1, leaseMs: 60_000 });
    const retry = () => ask("POST", `/webhooks/${id}/deliveries/${body.id}/retry`);
    expect(await retry()).toMatchObject({ status: 409, body: { code: "webhook_being_sent" } });
    const taken = { status: 200, failure: null, answer: null, tookMs: 5 };
    await settleDeliveries(room.sql, [
      {
        id: body.id,
        leasedUntil: held?.leasedUntil ?? "",
        state: "delivered",
        pauseMs: 0,
        counts: true,
        ...taken,
      },
    ]);
    expect((await retry()).status).toBe(202);
    expect(await room.sql`select from trail where act = 'webhook.retry' and target = ${id}`).toHaveLength(1);
  });

  // Seen to fail with times passed on as they were written: Postgres takes no offset beyond 15:59, which was a 500.
  test("202, 422: a replay from a time of any offset that RFC 3339 has, and of no other", async () => {
    const { id } = (await ask("POST", "/webhooks", WISH)).body;
    const replay = (since: string, until = since) =>
      ask("POST", `/webhooks/${id}/replay`, { since, until }).then(({ status }) => status);
    for (const offset of ["Z", "+20:40", "-23:59", "-00:00"]) {
      expect([offset, await replay(`2026-01-01T00:00:00${offset}`)]).toEqual([offset, 202]);
    }
    for (const time of [
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00-10:60",
      "2026-02-30T00:00:00Z",
      "",
    ]) {
      expect([time, await replay(time)]).toEqual([time, 422]);
    }
    await replay("2026-01-01T12:00:00+20:40", "9999-12-31T23:59:59.999Z");
    const kept = await room.sql`
      select from webhook_replays where endpoint = ${id} and since = '2025-12-31 15:20Z'`;
    expect(kept).toHaveLength(1);
  });

  // Seen to fail with each recordAct left out.
  test("who changed what stands in the trail, with no secret and no path of a hook in it", async () => {
    const before = (await newestEntries(room.sql, 1))[0]?.position ?? 0;
    const headers = by("operator");
    const on = appWith(room.sealer, true);
    const as = (method: string, path: string, body?: unknown) => ask(method, path, body, { on, headers });
    const { id, secret } = (await as("POST", "/webhooks", { ...WISH, url: "https://hooks.example/token" }))
      .body;
    await as("PATCH", `/webhooks/${id}`, { enabled: false, description: "theirs" });
    const changed = (await as("POST", `/webhooks/${id}/secret`)).body.secret;
    await as("POST", `/webhooks/${id}/replay`, { since: "2026-01-01T00:00:00+01:00" });
    const delivery = (await as("POST", `/webhooks/${id}/test`)).body.id;
    await as("POST", `/webhooks/${id}/deliveries/${delivery}/retry`);
    await as("DELETE", `/webhooks/${id}`);
    for (const path of ["", "/secret", "/replay"]) await as("POST", `/webhooks/ep_none${path}`, {});
    const entries = await entriesAfter(room.sql, before, 100);
    expect(entries.map(({ act, details }) => [act, JSON.parse(details)])).toEqual([
      ["webhook.create", { host: "hooks.example", events: WISH.events }],
      ["webhook.change", { enabled: false, changed: ["description"] }],
      ["webhook.secret", {}],
      ["webhook.replay", { since: "2025-12-31T23:00:00.000Z" }],
      ["webhook.retry", { delivery }],
      ["webhook.remove", {}],
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({ target: id, actor: "operator:operator", authn: "key" });
      for (const hidden of [secret.slice(6), changed.slice(6), "token", "theirs"])
        expect(JSON.stringify(entry)).not.toContain(hidden);
    }
  });

  test("201: another secret, once", async () => {
    const { id, secret } = (await ask("POST", "/webhooks", WISH)).body;
    const changed = await ask("POST", `/webhooks/${id}/secret`);
    expect(changed.status).toBe(201);
    expect(changed.body.secret).not.toBe(secret);
    expect((await ask("GET", `/webhooks/${id}`)).body.formerSecretUntil).toBeString();
  });

  test("409: more than there may be", async () => {
    await room.sql`
      insert into webhook_endpoints (id, url, patterns, payload, ordered, secret, created_by)
      select 'ep_' || number, '', '{}', 'thin', false, 'x', 'test' from generate_series(1, 64) as number`;
    expect((await ask("POST", "/webhooks", WISH)).body.code).toBe("webhooks_full");
  });

  test("503: no key to keep a secret under", async () => {
    const off = appWith(undefined);
    expect((await ask("POST", "/webhooks", WISH, { on: off })).body.code).toBe("webhooks_off");
  });
});

describe("who may", () => {
  const id = `ep_${"0".repeat(32)}`;
  const routes = [
    ["GET", "/webhooks", "oversee"],
    ["GET", `/webhooks/${id}`, "oversee"],
    ["GET", `/webhooks/${id}/deliveries`, "oversee"],
    ["PATCH", `/webhooks/${id}`, "configure"],
    ["DELETE", `/webhooks/${id}`, "configure"],
    ["POST", "/webhooks", "configure"],
    ["POST", `/webhooks/${id}/test`, "configure"],
    ["POST", `/webhooks/${id}/secret`, "configure"],
    ["POST", `/webhooks/${id}/replay`, "configure"],
    ["POST", `/webhooks/${id}/deliveries/msg_1/retry`, "configure"],
  ] as const;
  const may = {
    operator: ["oversee", "configure"],
    auditor: ["oversee"],
    reader: ["oversee"],
    writer: ["configure"],
  };

  // Seen to fail with clerks among those who may configure.
  test.each(principals.map(({ subject }) => subject))(
    "%s is refused all but what the table says",
    async (subject) => {
      const on = appWith(room.sealer, true);
      for (const [method, path, verb] of routes) {
        const { status } = await ask(method, path, undefined, { on, headers: by(subject) });
        const allowed = (may as Record<string, readonly string[]>)[subject]?.includes(verb) ?? false;
        expect({ method, path, refused: status === 403 }).toEqual({ method, path, refused: !allowed });
      }
    },
  );

  test("nobody without credentials", async () => {
    const on = appWith(room.sealer, true);
    for (const [method, path] of routes)
      expect((await ask(method, path, undefined, { on })).status).toBe(401);
  });
});
