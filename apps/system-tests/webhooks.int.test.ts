// Webhooks from `bun run ops` and the API to a receiver, through a whole system whose sender and projector are killed.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { eventually } from "@millrace/testing/eventually";
import { ONE_OF_EACH, type System, startSystem } from "./chaos/system/system.ts";
import { opsEnvironment, runOps } from "./ops/run-ops.ts";

const ORDERS = 60;
const settings = {
  MILLRACE_WEBHOOK_KEYS: randomBytes(32).toString("base64"),
  MILLRACE_WEBHOOK_INTERNAL_HOSTS: "localhost",
};

let system: System;
const got: { headers: Record<string, string>; body: string }[] = [];
const receiver = Bun.serve({
  port: 0,
  async fetch(request) {
    got.push({ headers: request.headers.toJSON() as Record<string, string>, body: await request.text() });
    return new Response("ok");
  },
});

beforeAll(async () => {
  system = await startSystem({
    processes: ONE_OF_EACH,
    environment: settings,
  });
  await system.ready();
}, 180_000);

afterAll(async () => {
  await system?.stop();
  await receiver.stop(true);
}, 60_000);

const ops = (...words: string[]) => runOps({ ...opsEnvironment(system), ...settings }, ...words);

async function order(orderId: string) {
  const answer = await system.send("POST", "/orders", { orderId, customer: "Alice", items: ["pen"] });
  expect(answer.status).toBe(201);
}

test("every order that is accepted once the endpoint is there is sent, though sender and projector are killed", async () => {
  await order("before");
  await fetch(`${system.addressOf("query-api")}/orders/before?minVersion=1&wait=20000`);
  const added = await ops(
    "webhooks",
    "add",
    `http://localhost:${receiver.port}/`,
    "--events",
    "order.created",
    "--json",
  );
  expect(added.code).toBe(0);
  for (let each = 0; each < ORDERS; each++) {
    await order(`order.${each}`);
    if (each === ORDERS / 3) await system.ofKind("processes")[0]?.kill();
    if (each === ORDERS / 2) await system.ofKind("projector")[0]?.kill();
  }
  await system.ready();
  const expected = Array.from({ length: ORDERS }, (_, each) => `order.${each}`);
  await eventually(
    () => {
      const ids = new Set(got.map(({ body }) => JSON.parse(body).data.id));
      expect(expected.filter((id) => !ids.has(id))).toEqual([]);
    },
    { withinMs: 60_000 },
  );
  for (const { headers, body } of got) {
    expect(new Webhook(added.json.secret).verify(body, headers)).toMatchObject({ type: "order.created" });
  }
  const listed = await (await fetch(`${system.addressOf("query-api")}/webhooks`)).json();
  expect(listed).toMatchObject([
    { id: added.json.id, enabled: true, createdBy: expect.stringContaining("ops:") },
  ]);
  const logged = await ops("webhooks", "log", added.json.id, "--state", "delivered", "--json", "-n", "1000");
  expect(logged.json.length).toBeGreaterThanOrEqual(ORDERS);
}, 180_000);

test("what was before the endpoint is sent by a replay, and nothing once it is removed", async () => {
  const [{ id }] = (await (await fetch(`${system.addressOf("query-api")}/webhooks`)).json()) as [
    { id: string },
  ];
  expect((await ops("webhooks", "replay", id, "--since", "2020-01-01T00:00:00Z")).code).toBe(0);
  await eventually(() => expect(got.some(({ body }) => JSON.parse(body).data.id === "before")).toBe(true), {
    withinMs: 30_000,
  });
  expect((await ops("webhooks", "remove", id, "--yes")).code).toBe(0);
  expect((await ops("webhooks", "list")).out).toContain("No events are sent anywhere");
  expect((await ops("webhooks", "test", id)).code).toBe(1);
  expect((await ops("webhooks", "add", "https://10.0.0.1/")).code).toBe(2);
}, 60_000);
