import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hashOf, printRowsChanged, ROWS_CHANNEL } from "@millrace/read-models/row-changes";
import { eventually } from "@millrace/testing/eventually";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi();
}, 60_000);

afterAll(() => shop.stop());

const waiting = (on: TestApi, count: number) =>
  eventually(async () => expect(await on.metric("millrace_query_version_waits")).toBe(count));

const LONG = "wait=20000";

describe("GET with minVersion", () => {
  test("waits until the version is visible, then answers it", async () => {
    await shop.order("one", createOrder("one"));
    const answer = api.get(`/orders/one?minVersion=2&${LONG}`);
    await waiting(api, 1);
    await shop.projectOrders(["one"]);
    await shop.order("one", { type: "ShipOrder" });
    await waiting(api, 1);
    await shop.projectOrders(["one"]);
    const response = await answer;
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"2"']);
    expect(await response.json()).toMatchObject({ status: "SHIPPED", version: 2 });
  });

  // Seen to fail where a row that stood in the payload was answered.
  test("shows nothing that a notification says and the table does not", async () => {
    const answer = api.get("/orders/forged?minVersion=1&wait=600");
    await waiting(api, 1);
    const row = { deleted: false, document: '{"id":"forged","version":1}' };
    const forged = { projection: "orders", partition: 0, offset: 0, ids: ["forged:1"], rows: [row] };
    const named = { projection: "orders", hashes: [hashOf("forged")] };
    for (const payload of [JSON.stringify(forged), printRowsChanged(named)]) {
      await shop.sql.notify(ROWS_CHANNEL, payload);
    }
    const response = await answer;
    expect([response.status, (await response.json()).code]).toEqual([503, "projection_behind"]);
  });

  test("answers at once what is visible already", async () => {
    await shop.order("two", createOrder("two"));
    await shop.projectOrders(["two"]);
    expect((await api.get("/orders/two?minVersion=1&wait=0")).status).toBe(200);
  });

  test("does not take an earlier version for it", async () => {
    await shop.order("early", createOrder("early"));
    await shop.projectOrders(["early"]);
    const response = await api.get("/orders/early?minVersion=2&wait=100");
    expect([response.status, (await response.json()).code]).toEqual([503, "projection_behind"]);
  });

  test("is answered by a batch of more rows than a notification can name", async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `many-${index}-${"x".repeat(60)}`);
    await Promise.all(ids.map((id) => shop.order(id, createOrder(id))));
    const answers = ids.slice(0, 50).map((id) => api.get(`/orders/${id}?minVersion=1&${LONG}`));
    await waiting(api, 50);
    await shop.projectOrders(ids);
    for (const answer of answers) expect((await answer).status).toBe(200);
  });

  test("works for users and payments", async () => {
    const user = api.get(`/users/7?minVersion=1&${LONG}`);
    const payment = api.get(`/payments/7?minVersion=1&${LONG}`);
    await waiting(api, 2);
    await shop.user("7", { type: "CreateUser", id: 7, name: "Alice" });
    await shop.payment("7", { type: "RequestPayment", orderId: "7", amount: 1, currency: "USD" });
    expect([(await user).status, (await payment).status]).toEqual([200, 200]);
  });

  test("is 404 once the version that it waited for is a deletion", async () => {
    await shop.order("gone", createOrder("gone"), { type: "DeleteOrder" });
    const answer = api.get(`/orders/gone?minVersion=2&${LONG}`);
    await waiting(api, 1);
    await shop.projectOrders(["gone"]);
    expect((await answer).status).toBe(404);
  });

  test("is 503 projection_behind with Retry-After when the wait is over, and leaves no waiter", async () => {
    const startedAt = performance.now();
    const response = await api.get("/orders/never?minVersion=1&wait=150");
    expect(performance.now() - startedAt).toBeGreaterThan(140);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toMatchObject({ code: "projection_behind" });
    await waiting(api, 0);
  });

  test("asks the database at its start and its end, however long it waits: other rows' changes wake nobody", async () => {
    const before = await api.metric("millrace_query_lookup_statements_total");
    const answer = api.get("/orders/quiet?minVersion=1&wait=600");
    await waiting(api, 1);
    for (const id of ["noise-1", "noise-2", "noise-3"]) {
      await shop.order(id, createOrder(id));
      await shop.projectOrders([id]);
    }
    expect((await answer).status).toBe(503);
    expect(await api.metric("millrace_query_lookup_statements_total")).toBe(before + 2);
  });

  test("misses no change that comes between its look and its wait, or before either", async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `race-${index}`);
    await Promise.all(ids.map((id) => shop.order(id, createOrder(id))));
    const answers = await Promise.all(
      ids.map(async (id, index) => {
        // Each wait begins while its own row is being written.
        const [answer] = await Promise.all([
          api.get(`/orders/${id}?minVersion=1&wait=10000`),
          shop.projectOrders([id], index % 3),
        ]);
        return answer.status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
  }, 30_000);

  test("is answered by every process, whichever it was sent to", async () => {
    const other = await shop.startApi();
    await shop.order("both", createOrder("both"));
    const answers = [api, other].map((one) => one.get(`/orders/both?minVersion=1&${LONG}`));
    await waiting(api, 1);
    await waiting(other, 1);
    await shop.projectOrders(["both"]);
    for (const answer of answers) expect((await answer).status).toBe(200);
  });

  // Seen to fail where it was kept until its time was over: readers that came again filled all places.
  test("gives its place back when its client goes, and counts as no failure", async () => {
    const small = await shop.startApi({ waitersMax: 1 });
    const going = new AbortController();
    const gone = fetch(`${small.url}/orders/left?minVersion=1&${LONG}`, { signal: going.signal });
    await waiting(small, 1);
    going.abort();
    expect(await gone.catch(({ name }) => name)).toBe("AbortError");
    await waiting(small, 0);
    await shop.order("left", createOrder("left"));
    const answer = small.get(`/orders/left?minVersion=1&${LONG}`);
    await waiting(small, 1);
    await shop.projectOrders(["left"]);
    expect((await answer).status).toBe(200);
    const statuses = (await (await small.get("/metrics")).text()).matchAll(
      /route="\/orders\/:id",status="(\d+)"/g,
    );
    expect(new Set([...statuses].map(([, status]) => status))).toEqual(new Set(["200", "499"]));
  });

  test("is 503 overloaded past the bound", async () => {
    const small = await shop.startApi({ waitersMax: 1 });
    const first = small.get("/orders/nobody?minVersion=1&wait=1000");
    await waiting(small, 1);
    const response = await small.get("/orders/nobody?minVersion=1&wait=1000");
    expect([response.status, (await response.json()).code]).toEqual([503, "overloaded"]);
    expect(await (await first).json()).toMatchObject({ code: "projection_behind" });
  });

  test("is 503 shutting_down when the process drains, at once", async () => {
    const ending = await shop.startApi();
    const answer = ending.get(`/orders/nobody?minVersion=1&${LONG}`);
    await waiting(ending, 1);
    const startedAt = performance.now();
    await ending.stop();
    const response = await answer;
    expect([response.status, (await response.json()).code]).toEqual([503, "shutting_down"]);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

test("what changed while the listening connection was away is seen when it is back", async () => {
  const alone = await shop.startApi();
  await shop.order("unheard", createOrder("unheard"));
  const answer = alone.get(`/orders/unheard?minVersion=1&${LONG}`);
  await waiting(alone, 1);
  const killed = await shop.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'query-api listener' and datname = current_database()`;
  expect(killed.length).toBeGreaterThan(0);
  await shop.projectOrders(["unheard"]);
  expect((await answer).status).toBe(200);
  await eventually(async () => expect((await alone.get("/readyz")).status).toBe(200));
});

test("a notification that nobody can read stops nothing", async () => {
  await shop.sql`select pg_notify('millrace_rows', 'not JSON'), pg_notify('millrace_rows', 'null')`;
  await shop.order("after", createOrder("after"));
  const answer = api.get(`/orders/after?minVersion=1&${LONG}`);
  await waiting(api, 1);
  await shop.projectOrders(["after"]);
  expect((await answer).status).toBe(200);
});
