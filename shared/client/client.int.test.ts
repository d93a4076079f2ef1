// The client against both APIs, over sockets and a real Postgres. What is projected when is the test's to say.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Listening, listen } from "@millrace/http/listen";
import { createLog } from "@millrace/platform/log";
import type { ReadModel } from "@millrace/read-models/read-model";
import { shop as shopDefinition } from "@millrace/shop/shop";
import {
  type TestApi as CommandApi,
  startTestApi as startCommandApi,
} from "@millrace/shop/testing/start-test-api";
import { openTestShop, type TestApi as QueryApi, type TestShop } from "@millrace/shop/testing/test-api";
import { type ClientOptions, createClient } from "./client.ts";
import { printContract } from "./generate/print-contract.ts";
import { UNKNOWN_CURRENCY } from "./generate/print-type.ts";
import { ProblemError, unwrap } from "./problem.ts";

let shop: TestShop;
let queries: QueryApi;
let commands: CommandApi;
let listening: Listening;

beforeAll(async () => {
  shop = await openTestShop();
  queries = await shop.startApi();
  commands = await startCommandApi({ databaseUrl: shop.databaseUrl });
  listening = listen(commands.http, { host: "127.0.0.1", port: 0, log: createLog("client-test", "silent") });
}, 60_000);

afterAll(async () => {
  await listening?.stop();
  await commands?.stop();
  await shop?.stop();
});

const users = shopDefinition.readModels.find(({ name }) => name === "users") as ReadModel;

const addresses = () => ({ commands: `http://127.0.0.1:${listening.port}`, queries: queries.url });
const clientOf = (options: Partial<ClientOptions> = {}) => createClient({ ...addresses(), ...options });
const anOrder = { customer: "Alice", items: ["pen", "notebook"] };

/** Created and visible. */
async function visibleOrder(customer = "Alice"): Promise<string> {
  const { id } = unwrap(
    await clientOf()
      .of("orders")
      .create({ ...anOrder, customer }),
  );
  await shop.projectOrders([id]);
  return id;
}

// Where they are not: `bun run client`.
test("the types are those of the documents that both APIs serve", async () => {
  const served = await Promise.all(
    Object.values(addresses()).map(async (address) => (await fetch(`${address}/openapi.json`)).text()),
  );
  const documents = served.map((text) =>
    JSON.parse(text.replaceAll('"const":"USD"', `"const":"${UNKNOWN_CURRENCY}"`)),
  );
  const kept = await Bun.file(new URL("contract.generated.ts", import.meta.url)).text();
  expect(kept).toBe(printContract(documents));
});

describe("a write", () => {
  // Seen to fail without the Idempotency-Key: the second try is another order.
  test("whose answer is lost is sent again and happens once", async () => {
    let sent = 0;
    const losing = async (url: string, request: RequestInit) => {
      const response = await fetch(url, request);
      if (sent++ === 0) throw new TypeError("The connection was lost");
      return response;
    };
    const customer = crypto.randomUUID();
    const outcome = await clientOf({ fetch: losing })
      .of("orders")
      .create({ ...anOrder, customer });
    expect([sent, outcome]).toMatchObject([2, { ok: true, version: 1, value: { status: "CREATED" } }]);
    const [found] =
      await shop.sql`select count(*)::int as orders from events where data::text like ${`%${customer}%`}`;
    expect(found?.orders).toBe(1);
  });

  test("is refused with a problem that its code tells apart", async () => {
    const orders = clientOf().of("orders");
    const id = await visibleOrder();
    expect(await orders.change(id, { status: "shipped" }, { ifVersion: 1 })).toMatchObject({
      ok: true,
      version: 2,
    });
    const stale = await orders.change(id, { customer: "Bob" }, { ifVersion: 1 });
    expect(stale).toMatchObject({ ok: false, problem: { code: "stale_version", status: 412 } });
    const refused = await orders.change(id, { status: "cancelled" });
    expect(refused).toMatchObject({ ok: false, problem: { code: "order_already_shipped" } });
    const invalid = await orders.create({ customer: "Alice", items: [""] });
    expect(invalid.ok ? undefined : invalid.problem.errors).toMatchObject([{ pointer: "/items/0" }]);
    expect(() => unwrap(refused)).toThrow(ProblemError);
  });

  // Seen to fail without following the 202: the value is that of the command, not of the order.
  test("that is decided later ends as one that is decided at once", async () => {
    const orders = clientOf().of("orders");
    const taken = unwrap(await orders.create(anOrder, { later: true }));
    expect(taken).toEqual({ id: taken.id, status: "CREATED" });
    const changed = await orders.change(taken.id, { status: "shipped" }, { later: true });
    expect(changed).toMatchObject({ ok: true, version: 2, value: { status: "SHIPPED" } });
    const read = orders.get(taken.id);
    await shop.projectOrders([taken.id]);
    expect(await read).toMatchObject({ value: { status: "SHIPPED" }, version: 2 });
    const refused = await orders.remove("nobody", { later: true });
    expect(refused).toMatchObject({ ok: false, problem: { code: "order_not_found" } });
  });

  test("goes by its command's name as well", async () => {
    const client = clientOf();
    const user = { id: crypto.randomUUID(), name: "Alice" };
    expect(await client.send({ type: "createUser", payload: user })).toMatchObject({ ok: true, value: user });
    const read = client.of("users").get(user.id);
    await shop.project(users, [`user-${user.id}`]);
    expect(await read).toMatchObject({ ok: true, value: user });
    const sent = await client.send([
      { type: "changeUser", payload: { id: user.id, name: "Alicia" } },
      { type: "deleteUser", payload: { id: "nobody" } },
    ]);
    expect(sent).toMatchObject({ ok: true, value: [{ status: 200 }, { status: 404 }] });
  });
});

describe("a read", () => {
  // Seen to fail without minVersion: 404, and then the order as it was before.
  test("waits for what the same client has written", async () => {
    const orders = clientOf().of("orders");
    const { id } = unwrap(await orders.create(anOrder));
    const created = orders.get(id);
    await shop.projectOrders([id]);
    expect(await created).toMatchObject({
      ok: true,
      version: 1,
      value: { customer: "Alice", items: anOrder.items },
    });
    await orders.change(id, { status: "shipped" });
    expect(await clientOf().of("orders").get(id)).toMatchObject({ value: { status: "CREATED" } });
    const shipped = orders.get(id);
    await shop.projectOrders([id]);
    expect(await shipped).toMatchObject({ value: { status: "SHIPPED" } });
    expect(await orders.get(id, { version: 1 })).toMatchObject({ value: { status: "CREATED" } });
    await orders.remove(id);
    const removed = orders.get(id);
    await shop.projectOrders([id]);
    expect(await removed).toMatchObject({ ok: false, problem: { code: "order_not_found" } });
  });

  test("of a list goes on over its pages", async () => {
    const customer = crypto.randomUUID();
    const ids = [await visibleOrder(customer), await visibleOrder(customer), await visibleOrder(customer)];
    const listed: string[] = [];
    for await (const order of clientOf().of("orders").list({ customer, limit: 2 })) listed.push(order.id);
    expect(listed).toEqual(ids.reverse());
    const past = clientOf().of("orders").list({ cursor: "nowhere" });
    await expect(past.next()).rejects.toThrow("invalid_cursor");
  });

  test("of anything else goes by its operation", async () => {
    const client = clientOf();
    const id = await visibleOrder();
    const history = unwrap(
      await client.request("GET /orders/{id}/history", { path: { id }, query: { limit: 1 } }),
    );
    expect(history).toMatchObject([{ type: "OrderCreated", version: 1 }]);
    expect(unwrap(await client.request("GET /orders/stats")).count).toBeGreaterThan(0);
    const unknown = await client.request("GET /commands/{id}", { path: { id: crypto.randomUUID() } });
    expect(unknown).toMatchObject({ ok: false, problem: { code: "command_not_found" } });
  });
});

describe("a live stream", () => {
  // Seen to fail without Last-Event-ID: what changed while it was broken never comes.
  test("that breaks goes on with what has changed meanwhile", async () => {
    const broken = Promise.withResolvers<void>();
    let connections = 0;
    const breaking = async (url: string, request: RequestInit) => {
      if (connections++ > 0) {
        // Nobody follows while this is written.
        await visibleOrder("meanwhile");
        const answer = await fetch(url, request);
        void visibleOrder("after");
        return answer;
      }
      const cut = new AbortController();
      void broken.promise.then(() => cut.abort());
      return fetch(url, { ...request, signal: AbortSignal.any([cut.signal, request.signal as AbortSignal]) });
    };
    const seen: (string | null)[] = [];
    for await (const change of clientOf({ fetch: breaking }).of("orders").follow()) {
      if (change.type === "opened") void visibleOrder("before");
      if (change.type !== "changed") continue;
      seen.push(change.document.customer);
      if (change.document.customer === "before") broken.resolve();
      if (change.document.customer === "after") break;
    }
    expect([connections, seen]).toEqual([2, ["before", "meanwhile", "after"]]);
  });

  test("starts after the change that its reader names, and ends with its signal", async () => {
    const orders = clientOf().of("orders");
    const id = await visibleOrder();
    const stop = new AbortController();
    const changes = orders.followOne(id, { signal: stop.signal });
    const { value: opened } = await changes.next();
    await orders.change(id, { status: "shipped" });
    await shop.projectOrders([id]);
    expect((await changes.next()).value).toMatchObject({
      type: "changed",
      document: { id, status: "SHIPPED" },
    });
    const waiting = changes.next();
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    for await (const change of orders.follow({ since: opened?.at ?? "" })) {
      expect(change).toMatchObject({ type: "changed", document: { id, status: "SHIPPED" } });
      break;
    }
    await expect(orders.followOne("nobody").next()).rejects.toThrow("order_not_found");
  });
});
