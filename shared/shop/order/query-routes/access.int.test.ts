// What a customer reads of their own orders.
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Principal } from "@millrace/access/principal";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
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
