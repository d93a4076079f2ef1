// The documentation holds what the routes take.
import { expect, test } from "bun:test";
import * as v from "valibot";
import { openapi } from "@millrace/http/openapi";
import { commandRoutes } from "./routes/commands.ts";
import { orderRoutes } from "./routes/orders.ts";
import { userRoutes } from "./routes/users.ts";
import type { CommandApi } from "./take-write.ts";

// Routes hold on to it and call it only when they are asked.
const api = { newOrder: { currency: "USD" } } as CommandApi;
const routes = [...orderRoutes(api), ...userRoutes(api), ...commandRoutes(api)];
const examples = routes.flatMap(({ method, path, body }) =>
  Object.entries(body?.examples ?? {}).map(
    ([name, value]) => [`${method} ${path} ${name}`, body?.schemas ?? [], value] as const,
  ),
);

test.each(examples)("%s: the example is a body that the route takes", (_, schemas, value) => {
  expect(schemas.some((schema) => v.safeParse(schema, value).success)).toBe(true);
});

test("every write says how to repeat it safely and how to have it done later", () => {
  for (const { method, path, parameters, responses } of routes) {
    if (method === "GET") continue;
    const names = parameters?.map(({ name }) => name) ?? [];
    expect([path, names]).toEqual([path, expect.arrayContaining(["Idempotency-Key", "Prefer"])]);
    expect([path, responses.map(({ status }) => status)]).toEqual([path, expect.arrayContaining([202])]);
  }
});

test("a body's bounds stand in its schema", () => {
  const document = JSON.stringify(openapi({ title: "", description: "", routes }).paths["/orders"]);
  expect(document).toContain('"maxItems":500');
  expect(document).toContain('"additionalProperties":false');
});
