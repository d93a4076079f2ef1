import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi();
}, 60_000);

afterAll(() => shop.stop());

describe("GET /orders/:id/why", () => {
  test("200: each event with who, in which request and what it changed, and the row that came of it", async () => {
    await shop.order("one", createOrder("one"));
    await shop.order("one", { type: "ShipOrder" });
    await shop.projectOrders(["one"]);
    const answer = await api.get("/orders/one/why");
    expect(answer.status).toBe(200);
    const why = await answer.json();
    expect(why).toMatchObject({
      id: "one",
      steps: [
        {
          version: 1,
          event: "OrderCreated",
          command: "CreateOrder",
          actor: "alice",
          request: "correlation-1",
        },
        {
          version: 2,
          event: "OrderShipped",
          command: "ShipOrder",
          cause: "request-1",
          record: { topic: "order-events", partition: 0 },
          changes: [{ path: "/status", before: "CREATED", after: "SHIPPED" }],
        },
      ],
      row: { version: 2, deleted: false, behind: 0, document: { id: "one", status: "SHIPPED" } },
    });
    expect(why.steps[0].changes).toEqual([
      { path: "", after: expect.objectContaining({ status: "CREATED" }) },
    ]);
  });

  test("200: an order that no reader sees yet says how far its row is behind, a deleted one why it is gone", async () => {
    await shop.order("two", createOrder("two"));
    expect((await (await api.get("/orders/two/why")).json()).row).toBeUndefined();
    await shop.projectOrders(["two"]);
    await shop.order("two", { type: "DeleteOrder" });
    const why = await (await api.get("/orders/two/why")).json();
    expect(why.row).toMatchObject({ version: 1, behind: 1 });
    expect(why.steps[1].changes).toMatchObject([{ path: "", before: { id: "two" } }]);
    expect(why.steps[1].changes[0]).not.toHaveProperty("after");
  });

  test("404: there never was such an order", async () => {
    expect((await api.get("/orders/nowhere/why")).status).toBe(404);
    expect((await api.get("/orders/%00/why")).status).toBe(404);
  });
});
