// What the types allow and what they don't, held by tsc: an error that is expected and does not come is an error.
import { expect, test } from "bun:test";
import type { Client } from "./client.ts";
import { ProblemError, unwrap } from "./problem.ts";

/** Never called: it is there to be checked. */
async function checkedByTsc(client: Client): Promise<void> {
  const orders = client.of("orders");
  const created = await orders.create({ customer: "Alice", items: ["pen"] });
  if (created.ok) created.value.status satisfies "CREATED";
  else if (created.problem.code === "order_already_exists")
    created.problem.code satisfies "order_already_exists";
  // @ts-expect-error: neither customer nor userId
  await orders.create({ items: ["pen"] });
  // @ts-expect-error: no such word
  await orders.create({ amount: 5, colour: "red" });
  // @ts-expect-error: no such problem of it
  if (!created.ok && created.problem.code === "user_already_exists") return;
  // @ts-expect-error: no such status
  orders.list({ status: "LOST" });
  // @ts-expect-error: nobody creates payments
  client.of("payments").create({});
  // @ts-expect-error: nobody follows users
  client.of("users").follow();
  // @ts-expect-error: there is no such kind
  client.of("things");
  // @ts-expect-error: of which order?
  await client.request("GET /orders/{id}/history");
  // @ts-expect-error: a stream has no end to wait for
  await client.request("GET /orders/stream");
  unwrap(await client.request("GET /orders/stats")).byStatus.SHIPPED?.count satisfies number | undefined;
}

test("a problem that is thrown says its code", () => {
  expect(checkedByTsc).toBeInstanceOf(Function);
  const problem = { code: "stale_version", status: 412, title: "Stale", detail: "It is another by now." };
  expect(() => unwrap({ ok: false, problem })).toThrow(ProblemError);
  expect(() => unwrap({ ok: false, problem })).toThrow("stale_version: It is another by now.");
});
