// The documentation holds what the routes take.

import { expect, test } from "bun:test";
import { type Schema, Validator } from "@cfworker/json-schema";
import * as v from "valibot";
import { namedReader } from "@millrace/commands/command-names";
import { restRoutes } from "@millrace/commands/rest-routes";
import { commandRoutes } from "@millrace/commands/routes/commands";
import type { CommandApi } from "@millrace/commands/take-write";
import { openapi } from "@millrace/http/openapi";
import { OPEN } from "@millrace/platform/access-mode";
import { readNewOrder } from "../order/bodies/new-order.ts";
import { readOrderPatch } from "../order/bodies/patch-order.ts";
import type { ShopSettings } from "../settings.ts";
import { shop } from "../shop.ts";

// Routes hold on to it and call it only when they are asked.
const context = { newId: () => "1", settings: { currency: "USD" } };
const api = { context } as CommandApi<ShopSettings>;
const readNamed = namedReader(shop.aggregates, context);
const routes = [
  ...shop.aggregates.flatMap((aggregate) => restRoutes(api, aggregate)),
  ...commandRoutes(api, shop.aggregates, readNamed),
];
const document = openapi({ title: "", description: "", routes, exposure: OPEN });
const examples = routes.flatMap(({ method, path, body }) =>
  Object.entries(body?.examples ?? {}).map(
    ([name, value]) => [`${method} ${path} ${name}`, { method, path, body }, value] as const,
  ),
);

test.each(examples)("%s: the example is a body that the route takes", (_, { method, path, body }, value) => {
  expect(body?.schemas.some((schema) => v.safeParse(schema, value).success)).toBe(true);
  expect(isDescribed(path.replace(":id", "{id}"), method.toLowerCase(), value)).toBe(true);
});

const line = { name: "pen", quantity: 1 };

test.each([
  { customer: "Alice", items: ["pen"] },
  { userId: 7, items: ["pen"] },
  { items: ["pen"] },
  { userId: "u", products: [{ id: 1, name: "pen", price: 1.5, quantity: 1 }] },
  { customer: "u", products: [{ id: 1, name: "pen", price: 1.5, quantity: 1 }] },
  { products: [{ id: 1, name: "pen", price: 1.5, quantity: 1 }] },
  { product: "pen" },
  { product: "pen", quantity: 1 },
  { lines: [line] },
  { lines: [line], items: ["pen"] },
  { amount: 5 },
  { totalAmount: 5 },
  { currency: "USD" },
  { amount: 5, currency: "EUR" },
  { amount: 5, currency: "USD" },
  { amount: 5, orderId: "stats" },
])("a new order is described as valid just where it is taken: %j", (body) => {
  expect(isDescribed("/orders", "post", body)).toBe(readNewOrder(body, context).ok);
});

test.each([
  {},
  { status: "shipped" },
  { status: "SHIPPED" },
  { status: "lost" },
  { items: ["pen"] },
  { items: ["pen"], lines: [line] },
  { product: "pen" },
  { product: "pen", quantity: 2, amount: 5 },
  { payment: "COMPLETED" },
])("a patch is described as valid just where it is taken: %j", (body) => {
  expect(isDescribed("/orders/{id}", "patch", body)).toBe(readOrderPatch(body, "USD").ok);
});

test.each([
  { type: "createUser", payload: { id: 1, name: "Alice" } },
  { type: "createUser", payload: { id: 1 } },
  { type: "changeUser", payload: { id: 1, name: "Bob" } },
  { type: "changeUser", payload: { id: 1 } },
  { type: "deleteUser", payload: { id: 1 } },
  { type: "createOrder", payload: { amount: 5 } },
  { type: "changeOrder", payload: { orderId: "1", customer: "Bob" } },
  { type: "changeOrder", payload: { orderId: "1" } },
  { type: "shipOrder", payload: { orderId: "1" } },
  { type: "deliverOrder", payload: { id: "1" } },
  { type: "cancelOrder", payload: {} },
  { type: "deleteOrder" },
  { type: "payOrder", payload: { orderId: "1" } },
])("a command is described as valid just where it is taken: %j", (body) => {
  expect(isDescribed("/commands", "post", body)).toBe(readNamed(body).ok);
});

function isDescribed(path: string, method: string, body: unknown): boolean {
  const described = document.paths[path]?.[method]?.requestBody?.content as {
    "application/json": { schema: Schema };
  };
  return new Validator(described["application/json"].schema, "2020-12").validate(body).valid;
}

test("every write says how to repeat it safely and how to have it done later", () => {
  for (const { method, path, parameters, responses } of routes) {
    if (method === "GET") continue;
    const names = parameters?.map(({ name }) => name) ?? [];
    expect([path, names]).toEqual([path, expect.arrayContaining(["Idempotency-Key", "Prefer"])]);
    expect([path, responses.map(({ status }) => status)]).toEqual([path, expect.arrayContaining([202])]);
  }
});

test("a body's bounds stand in its schema", () => {
  const described = JSON.stringify(document.paths["/orders"]);
  expect(described).toContain('"maxItems":500');
  expect(described).toContain('"additionalProperties":false');
});
