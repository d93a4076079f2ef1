// What providers send, from the request to the row.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { createBodies } from "@millrace/http/body";
import { createHttpApp } from "@millrace/http/server";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { textAt } from "@millrace/processes/callback-source";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { callbackRoutes } from "./callback-routes.ts";

const SECRET = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtb25l";
/** More than the tests of other things send, however fast. */
const A_SECOND_MAX = 20;
let sql: Sql;
let drop: () => Promise<void>;
let app: ReturnType<typeof createHttpApp>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({ url: database.url, name: "callbacks-test", connectionsMax: 4 }));
  const log = createLog("callbacks-test", "silent");
  const metrics = createMetrics("callbacks-test");
  const key = textAt("data", "parcelId");
  const routes = callbackRoutes({
    sql,
    log,
    metrics,
    bodies: createBodies({ bytesMax: 1_000_000, inFlightBytesMax: 2_000_000 }),
    processes: [
      { name: "labels", callbacks: { key } },
      // A provider with a way of its own.
      {
        name: "mails",
        callbacks: {
          key,
          verify: ({ headers }, secrets) =>
            secrets.includes(headers.get("x-mail-token") ?? "")
              ? { id: headers.get("x-mail-id") ?? "" }
              : undefined,
        },
      },
      { name: "flooded", callbacks: { key } },
      { name: "silent" },
    ],
    secrets: new Map([
      ["labels", [SECRET]],
      ["mails", ["a-token-of-the-mails-own"]],
      ["flooded", [SECRET]],
      ["silent", [SECRET]],
    ]),
    aSecondMax: A_SECOND_MAX,
  });
  app = createHttpApp({
    ...{ title: "", description: "", routes, requestsMax: 1_000, log, metrics },
    notReady: () => undefined,
  });
});
afterAll(async () => {
  await sql.end();
  await drop();
});

async function send(id: string, body: string, { by = SECRET, to = "labels" } = {}) {
  const at = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(by).sign(id, at, body),
  };
  const answer = await app.request(`/callbacks/${to}`, { method: "POST", headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
}

const about = (parcelId: string) => JSON.stringify({ type: "label.booked", data: { parcelId } });
const callbacks = (id: string) => sql`select key, body from process_callbacks where provider_id = ${id}`;
const revisions = async (key: string) =>
  (await sql<{ revision: number }[]>`select revision from process_tasks where key = ${key}`).map(
    ({ revision }) => revision,
  );

describe("POST /callbacks/:process", () => {
  test("200: stored byte for byte, with its task", async () => {
    expect(await send("msg_1", about("p-1"))).toMatchObject({ status: 200, body: { stored: true } });
    const [row] = await callbacks("msg_1");
    expect([row?.key, row?.body.toString()]).toEqual(["p-1", about("p-1")]);
    expect(await revisions("p-1")).toEqual([1]);
  });

  // Seen to fail with the conflict taken for a change.
  test("200: one that comes again wakes nothing, at once or later", async () => {
    const sent = await Promise.all([send("msg_2", about("p-2")), send("msg_2", about("p-2"))]);
    expect(sent.map(({ body }) => body.stored).sort()).toEqual([false, true]);
    expect(await revisions("p-2")).toEqual([1]);
    expect((await send("msg_2", about("p-else"))).body).toEqual({ stored: false });
    expect(await revisions("p-else")).toEqual([]);
  });

  test("200: the same id of two processes is two callbacks", async () => {
    const headers = { "x-mail-token": "a-token-of-the-mails-own", "x-mail-id": "msg_1" };
    const answer = await app.request("/callbacks/mails", { method: "POST", headers, body: about("p-1") });
    expect(await answer.json()).toEqual({ stored: true });
    const refused = await app.request("/callbacks/mails", { method: "POST", body: about("p-1") });
    expect(refused.status).toBe(401);
  });

  test("200: one about none of ours is kept and wakes nothing", async () => {
    const bodies = ["not json", "[]", '{"data":{"parcelId":7}}', about("nul \0"), about("p".repeat(256))];
    for (const [index, body] of bodies.entries()) {
      expect(await send(`foreign_${index}`, body)).toMatchObject({ status: 200, body: { stored: true } });
      expect((await callbacks(`foreign_${index}`))[0]?.key).toBeNull();
    }
  });

  // Seen to fail with any signature taken.
  test("401: a forged one is neither stored nor wakes anything", async () => {
    const answer = await send("msg_3", about("p-3"), { by: "whsec_bWlsbHJhY2UtdGVzdC1zdHJhbmdlciEh" });
    expect([answer.status, answer.body.code]).toEqual([401, "signature_invalid"]);
    expect([...(await callbacks("msg_3")), ...(await revisions("p-3"))]).toEqual([]);
  });

  test("404: a process that nobody calls back, or that has no secret", async () => {
    for (const to of ["silent", "nobody", "__proto__"]) {
      expect((await send("msg_4", about("p-4"), { to })).body.code).toBe("route_not_found");
    }
  });

  test("413: more bytes than a callback has", async () => {
    expect((await send("msg_5", `"${"x".repeat(262_143)}"`)).status).toBe(413);
  });

  // Seen to fail with room that is taken before the signature is looked at.
  test("429: more of them in a second than are taken, and forged ones take up nobody's room", async () => {
    const burst = (name: string, by: string) =>
      Promise.all(
        Array.from({ length: 3 * A_SECOND_MAX }, (_, n) => send(`${name}_${n}`, "{}", { by, to: "flooded" })),
      );
    const forged = await burst("forged", "whsec_bWlsbHJhY2UtdGVzdC1zdHJhbmdlciEh");
    expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await send("first", "{}", { to: "flooded" })).status).toBe(200);
    const refused = await eventually(async () => {
      const past = (await burst("many", SECRET)).find(({ status }) => status === 429);
      expect(past).toBeDefined();
      return past;
    });
    expect(refused?.headers.get("retry-after")).toBe("1");
    expect(refused?.headers.get("ratelimit-policy")).toBe(`"callbacks";q=${A_SECOND_MAX};w=1`);
    expect((await send("msg_6", about("p-6"))).status).toBe(200);
    const again = () => send("last", "{}", { to: "flooded" });
    await eventually(async () => expect((await again()).status).toBe(200), { everyMs: 200 });
  });

  test("its access is its signature, and its document says so", async () => {
    const document = (await (await app.request("/openapi.json")).json()) as {
      paths: Record<string, { post: object }>;
    };
    expect(document.paths["/callbacks/{process}"]?.post).toMatchObject({
      "x-access": "signature",
      security: [],
    });
  });
});
