import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { eventually } from "@millrace/testing/eventually";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../testing/test-api.ts";
import { customersModel } from "./read-model/model.ts";

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi();
}, 60_000);
afterAll(() => shop.stop());

const project = (...streams: string[]) => shop.project(customersModel, streams);

describe("GET /customers", () => {
  test("200: what each has ordered, the newest customer first, as its schema says, in pages", async () => {
    for (const [id, customer, amount] of [
      ["o1", "1", 500],
      ["o2", "2", 250],
      ["o3", "1", 100],
    ] as const) {
      await shop.order(id, createOrder(id, customer, amount));
    }
    await shop.user("1", { type: "CreateUser", id: 1, name: "Alice" });
    await project("order-o1", "order-o2", "order-o3", "user-1");
    const first = await api.get("/customers?limit=1");
    const [link] = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.slice(1) ?? [];
    const all = [...(await first.json()), ...(await (await api.get(link ?? "")).json())];
    expect(v.safeParse(v.array(customersModel.shown.schema), all).success).toBe(true);
    expect(all).toMatchObject([
      { id: "2", orders: 1, amount: 2.5 },
      { id: "1", name: "Alice", orders: 2, amount: 6, currency: "USD" },
    ]);
    expect((await api.get("/customers?status=CREATED")).status).toBe(422);
  });
});

describe("GET /customers/:id", () => {
  test("200 with an ETag of what it shows, 304 while it shows that, 404 customer_not_found", async () => {
    await shop.order("e1", createOrder("e1", "etag", 500));
    await project("order-e1");
    const etag = (await api.get("/customers/etag")).headers.get("etag") ?? "";
    expect((await api.get("/customers/etag", { "if-none-match": etag })).status).toBe(304);
    await shop.order("e2", createOrder("e2", "etag", 500));
    await project("order-e2");
    const changed = await api.get("/customers/etag", { "if-none-match": etag });
    expect(await changed.json()).toMatchObject({ orders: 2, amount: 10 });
    const missing = await api.get("/customers/nobody");
    expect([missing.status, (await missing.json()).code]).toEqual([404, "customer_not_found"]);
  });

  // Seen to fail with `after` never waited for.
  test("waits until it shows the event that the client names, in whichever topic that is", async () => {
    await shop.order("w1", createOrder("w1", "waited", 500));
    const answer = api.get("/customers/waited?after=order-w1@1&wait=20000");
    await eventually(async () => expect(await api.metric("millrace_query_version_waits")).toBe(1));
    await project("order-w1");
    expect(await (await answer).json()).toMatchObject({ orders: 1 });
    const behind = await api.get("/customers/waited?after=order-w1@2&wait=50");
    expect([behind.status, (await behind.json()).code]).toEqual([503, "projection_behind"]);
    for (const wrong of ["", "w1@1", "payment-w1@1", "order-w1", "order-w1@0"]) {
      expect((await api.get(`/customers/waited?after=${wrong}`)).status).toBe(422);
    }
  });
});
