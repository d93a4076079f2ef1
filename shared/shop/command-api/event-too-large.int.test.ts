import { afterAll, beforeAll, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  // As messages on Kafka may be: a body within its own bound becomes no event that is too large.
  api = await startTestApi({ config: { MILLRACE_BODY_BYTES_MAX: 2_000_000 } });
});
afterAll(() => api.stop());

/** Every field is within its bounds, and the event that it becomes takes 1.2 MB. */
const product = { id: "商".repeat(200), name: "品".repeat(200), price: 0, quantity: 1 };
const tooLarge = (id: string) => ({ id, userId: "alice", products: Array(500).fill(product) });

test("413: an order whose event Kafka can't carry, and nothing of it is stored", async () => {
  const { status, body } = await api.send("POST", "/orders", tooLarge("large"));
  expect({ status, code: body.code }).toEqual({ status: 413, code: "event_too_large" });
  expect(await api.events("order-large")).toEqual([]);
});

test("413: a change that grows an order beyond that, and the order stays as it was", async () => {
  await api.send("POST", "/orders", { id: "grows", userId: "alice", products: [product] });
  const { status, body } = await api.send("PATCH", "/orders/grows", { products: tooLarge("").products });
  expect({ status, code: body.code }).toEqual({ status: 413, code: "event_too_large" });
  expect(await api.events("order-grows")).toHaveLength(1);
});

test("207: one of an array, and the others are stored", async () => {
  const small = { id: "small", userId: "alice", products: [product] };
  const commands = [tooLarge("large"), small].map((payload) => ({ type: "createOrder", payload }));
  const { status, body } = await api.send("POST", "/commands", commands);
  expect(status).toBe(207);
  expect(body).toMatchObject([{ status: 413, problem: { code: "event_too_large" } }, { status: 201 }]);
});

test("202: the command ends rejected with the same problem", async () => {
  const headers = { prefer: "respond-async" };
  const { status, headers: answered } = await api.send("POST", "/orders", tooLarge("later"), headers);
  expect(status).toBe(202);
  await eventually(async () => {
    const { body } = await api.send("GET", answered.get("location") as string);
    expect(body).toMatchObject({ status: "rejected", problem: { code: "event_too_large" } });
  });
});
