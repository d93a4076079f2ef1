// The write side of every flow in the README, word for word.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api?.stop());

describe("flows", () => {
  test("A 201: an order of items is created", async () => {
    const answer = await api.send("POST", "/orders", { customer: "Alice", items: ["pen", "notebook"] });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), status: "CREATED" });
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.get("location")).toBe(`/orders/${answer.body.id}`);
  });

  test("B 201: an order of products is created", async () => {
    const answer = await api.send("POST", "/orders", {
      userId: "user123",
      products: [{ id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 }],
      totalAmount: 39.98,
    });
    expect(answer.status).toBe(201);
    expect(await api.events(`order-${answer.body.id}`)).toMatchObject([
      { type: "OrderCreated", data: { customer: "user123", amount: 3998, written: { totalAmount: 39.98 } } },
    ]);
  });

  test("C 200: an order is shipped by its status word", async () => {
    const { id } = (await api.send("POST", "/orders", { customer: "Alice", items: ["pen"] })).body;
    const answer = await api.send("PATCH", `/orders/${id}`, { status: "shipped" });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, status: "SHIPPED", payment: "NONE", version: 2 });
    expect(answer.headers.get("etag")).toBe('"2"');
  });

  test("D 204: an order is deleted, and is not found from then on", async () => {
    const { id } = (await api.send("POST", "/orders", { customer: "Alice", items: ["pen"] })).body;
    const answer = await api.send("DELETE", `/orders/${id}`);
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    const again = await api.send("DELETE", `/orders/${id}`);
    expect([again.status, again.body.code]).toEqual([404, "order_not_found"]);
  });

  test("E 201: an order is created under the id that its client chose", async () => {
    const sent = { orderId: "123", product: "Laptop", quantity: 1 };
    const answer = await api.send("POST", "/create-order", sent);
    expect([answer.status, answer.body]).toEqual([201, { id: "123", status: "CREATED" }]);
    const again = await api.send("POST", "/create-order", sent);
    expect([again.status, again.body.code]).toEqual([409, "order_already_exists"]);
  });

  test("F 201: a user is created by a named command", async () => {
    const answer = await api.send("POST", "/commands", {
      type: "createUser",
      payload: { id: 1, name: "Alice" },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ id: 1, name: "Alice" });
    expect(answer.headers.get("location")).toBe("/users/1");
  });

  test("G 201: an order with an amount waits for its payment", async () => {
    const { id } = (await api.send("POST", "/orders", { amount: 500 })).body;
    const [created] = await api.events(`order-${id}`);
    expect(created).toMatchObject({ type: "OrderCreated", version: 1, data: { amount: 50_000 } });
  });
});
