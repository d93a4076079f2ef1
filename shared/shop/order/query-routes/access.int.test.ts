// What a customer reads of their own orders.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Principal } from "@millrace/access/principal";
import { createShares } from "@millrace/access/shares";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
import { readConfig } from "@millrace/platform/config";
import { eventually } from "@millrace/testing/eventually";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";

const principals = (["customer", "clerk"] as const).map(
  (role): Principal => ({ role, subject: role, scopes: [], authn: "token" }),
);

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi({ gate: gateByName(...principals) });
});

afterAll(() => shop?.stop());

const ownOrder = (id: string) =>
  shop.order(id, { ...createOrder(id), owner: "customer" } as ReturnType<typeof createOrder>);

test("what is a customer's own is theirs from the moment that it is stored", async () => {
  await ownOrder("fresh");
  expect((await api.get("/orders/fresh/history", by("customer"))).status).toBe(200);
  expect((await api.get("/orders/fresh?minVersion=1&wait=1", by("customer"))).status).toBe(503);
});

test("a customer's history says what the shop did, not who of it", async () => {
  await ownOrder("told");
  const history = await (await api.get("/orders/told/history", by("customer"))).json();
  expect(history).toMatchObject([{ type: "OrderCreated", actor: "shop" }]);
  const toClerks = await (await api.get("/orders/told/history", by("clerk"))).json();
  expect(toClerks).toMatchObject([{ type: "OrderCreated", actor: "alice" }]);
});

// Seen to fail without mayGoOn: the stream went on, and told of each later change.
test("a live stream ends once what its client was let in by works no more", async () => {
  const own: Principal = { role: "customer", subject: "customer", scopes: [], authn: "token" };
  const named = gateByName(own);
  let isRevoked = false;
  const gate = {
    ...named,
    identify: (headers: Headers) =>
      isRevoked ? ({ code: "credentials_invalid" } as const) : named.identify(headers),
  };
  const revocable = await shop.startApi({ gate });
  await ownOrder("followed");
  await shop.projectOrders(["followed"]);
  const stream = await revocable.get("/orders/followed/stream", by("customer"));
  expect(stream.status).toBe(200);
  const reader = stream.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  isRevoked = true;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
  expect((await revocable.get("/orders/followed/stream", by("customer"))).status).toBe(401);
}, 30_000);

describe("429: past a bound of their own", () => {
  const bounds = { MILLRACE_RATE_CUSTOMER: "1000", MILLRACE_STREAMS_EACH: "1", MILLRACE_WAITS_EACH: "1" };
  const shares = createShares(readConfig(bounds), 1_000);
  const people = (["ann", "eve"] as const).map(
    (subject): Principal => ({ role: "customer", subject, scopes: [], authn: "token" }),
  );
  let bounded: TestApi;
  beforeAll(async () => {
    bounded = await shop.startApi({ gate: gateByName(...people), shares });
    for (const { subject } of people) {
      await shop.order(subject, { ...createOrder(subject), owner: subject } as ReturnType<
        typeof createOrder
      >);
      await shop.projectOrders([subject]);
    }
  });

  // Seen to fail with a place that is not given back, and with one count for all.
  test("a live stream more than one may have open, until one of them ends", async () => {
    const follow = (name: string) => bounded.get(`/orders/${name}/stream`, by(name));
    const first = await follow("ann");
    const refused = await follow("ann");
    expect([first.status, refused.status, (await follow("eve")).status]).toEqual([200, 429, 200]);
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });
    expect(refused.headers.get("ratelimit-policy")).toBe(`"streams";q=1`);
    expect(refused.headers.get("retry-after")).toBe("1");
    await first.body?.cancel();
    await eventually(async () => {
      const again = await follow("ann");
      await again.body?.cancel();
      expect(again.status).toBe(200);
    });
  });

  test("a read more than one may have waiting, until one of them is answered", async () => {
    const wait = (name: string, ms: number) =>
      bounded.get(`/orders/${name}?minVersion=9&wait=${ms}`, by(name));
    const waiting = wait("ann", 30_000);
    const refused = await eventually(async () => {
      const answer = await wait("ann", 1);
      expect(answer.status).toBe(429);
      return answer;
    });
    expect(refused.headers.get("ratelimit-policy")).toBe(`"waits";q=1`);
    expect((await wait("eve", 1)).status).toBe(503);
    expect((await bounded.get("/orders/ann", by("ann"))).status).toBe(200);
    bounded.api.release();
    expect((await waiting).status).toBe(503);
  });
});
