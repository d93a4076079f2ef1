import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { paymentsModel } from "../../payment/read-model/model.ts";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";
import { usersModel } from "../../user/read-model/model.ts";
import { orderDocument } from "../read-model/schema.ts";
import { statsDocument } from "./stats.ts";

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi();
}, 60_000);

afterAll(() => shop.stop());

const json = async (path: string, headers?: Record<string, string>) => (await api.get(path, headers)).json();

async function place(id: string, ...more: Parameters<TestShop["order"]>[1][]) {
  await shop.order(id, createOrder(id), ...more);
  await shop.projectOrders([id]);
}

describe("GET /orders/:id", () => {
  test("200: the document that the projection printed, with its version as ETag", async () => {
    await place("one", { type: "ShipOrder" });
    const response = await api.get("/orders/one");
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toBe('"2"');
    expect(response.headers.get("content-type")).toBe("application/json");
    const document = await response.json();
    expect(document).toMatchObject({
      id: "one",
      items: ["pen", "notebook"],
      status: "SHIPPED",
      payment: "NONE",
    });
    expect(v.safeParse(orderDocument, document).success).toBe(true);
  });

  test("304: If-None-Match names the version, weakly, in a list, or as *", async () => {
    await place("two");
    for (const tag of ['"1"', 'W/"1"', '"9", "1"', "*"]) {
      const response = await api.get("/orders/two", { "if-none-match": tag });
      expect([response.status, response.headers.get("etag"), await response.text()]).toEqual([
        304,
        '"1"',
        "",
      ]);
    }
    for (const tag of ['"2"', "1", "nonsense"]) {
      expect((await api.get("/orders/two", { "if-none-match": tag })).status).toBe(200);
    }
  });

  test("404: no such order, a deleted one, and ids that no row can have", async () => {
    await place("gone", { type: "DeleteOrder" });
    for (const id of ["no-such-order", "gone", "%00", "%ED%A0%80", "a%00b", "%", "x".repeat(5_000)]) {
      const response = await api.get(`/orders/${id}`);
      expect([response.status, (await response.json()).code]).toEqual([404, "order_not_found"]);
    }
  });

  test("422: a parameter that can't be read, named", async () => {
    for (const query of ["minVersion=0", "minVersion=x", "minVersion=1&wait=30001", "version=0", "at=noon"]) {
      const response = await api.get(`/orders/two?${query}`);
      const parameter = query.split("&").at(-1)?.split("=")[0];
      expect([response.status, (await response.json()).errors[0].parameter]).toEqual([422, parameter]);
    }
  });
});

describe("GET /orders", () => {
  test("200: newest first, page by page through Link, filters kept", async () => {
    const ids = Array.from({ length: 7 }, (_, index) => `page-${index}`);
    for (const id of ids) {
      await shop.order(
        id,
        createOrder(id, "Zoë & Co"),
        ...(id === "page-3" ? [{ type: "ShipOrder" } as const] : []),
      );
      // A millisecond apart, so that newest first has one meaning.
      await Bun.sleep(2);
    }
    await shop.projectOrders(ids);
    const seen: string[] = [];
    let path: string | undefined =
      `/orders?limit=2&status=created&customer=${encodeURIComponent("Zoë & Co")}`;
    while (path) {
      const response = await api.get(path);
      expect(response.status).toBe(200);
      seen.push(...(await response.json()).map((order: { id: string }) => order.id));
      path = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    }
    expect(seen).toEqual(["page-6", "page-5", "page-4", "page-2", "page-1", "page-0"]);
  });

  test("200: by payment and by time, deleted orders never", async () => {
    const before = new Date().toISOString();
    await Bun.sleep(2);
    await shop.order("paid", createOrder("paid", "Bob", 500));
    await shop.order("unpaid", createOrder("unpaid", "Bob"));
    await shop.order("deleted", createOrder("deleted", "Bob", 500), { type: "DeleteOrder" });
    await shop.projectOrders(["paid", "unpaid", "deleted"]);
    const ids = async (query: string) =>
      (await json(`/orders?${query}`)).map((order: { id: string }) => order.id).toSorted();
    expect(await ids(`payment=pending&createdAfter=${before}`)).toEqual(["paid"]);
    expect(await ids(`createdAfter=${before}`)).toEqual(["paid", "unpaid"]);
    expect(await ids(`customer=Bob&createdBefore=${before}`)).toEqual([]);
  });

  test("422: invalid_query names each parameter, invalid_cursor says to start over", async () => {
    const refused = await json("/orders?limit=1001&status=lost&payment=x&createdAfter=y&customer=%00");
    expect(refused).toMatchObject({ status: 422, code: "invalid_query" });
    const names = refused.errors.map((error: { parameter: string }) => error.parameter);
    expect(names.toSorted()).toEqual(["createdAfter", "limit", "payment", "status"]);
    expect(await json("/orders?cursor=abc")).toMatchObject({ status: 422, code: "invalid_cursor" });
  });

  test("200: a customer that no order can have finds none", async () => {
    expect(await json("/orders?customer=%00")).toEqual([]);
  });

  // Seen to fail with the filter taken as it was sent: names are stored in NFC.
  test("200: a customer is found whichever way the letters are put together", async () => {
    await shop.order("composed", createOrder("composed", "Zo\u00eb"));
    await shop.projectOrders(["composed"]);
    const decomposed = encodeURIComponent("Zoe\u0308");
    expect(await json(`/orders?customer=${decomposed}`)).toMatchObject([{ id: "composed" }]);
  });
});

test("GET /orders/stats counts what is there, and no longer what is deleted", async () => {
  const before = await json("/orders/stats");
  expect(v.safeParse(statsDocument, before).success).toBe(true);
  await shop.order("counted", createOrder("counted", "Alice", 3998));
  await shop.projectOrders(["counted"]);
  const after = await json("/orders/stats");
  expect(after.count).toBe(before.count + 1);
  expect(after.byPayment.PENDING.count).toBe(before.byPayment.PENDING.count + 1);
  await shop.order("counted", { type: "DeleteOrder" });
  await shop.projectOrders(["counted"]);
  expect(await json("/orders/stats")).toEqual(before);
});

test("GET /orders/stats sums to the cent what floats would not", async () => {
  const cents = async () => {
    const text = await (await api.get("/orders/stats")).text();
    // More than two decimals are a float's.
    const [, whole, fraction = ""] = /^\{"count":\d+,"amount":(\d+)(?:\.(\d{1,2}))?,/.exec(text) ?? [];
    return Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  };
  const before = await cents();
  const ids = Array.from({ length: 30 }, (_, index) => `float-${index}`);
  await Promise.all(
    ids.map((id, index) => shop.order(id, createOrder(id, "Alice", index % 2 === 0 ? 10 : 20))),
  );
  await shop.projectOrders(ids);
  expect(await cents()).toBe(before + 450);
  await Promise.all(ids.slice(0, 7).map((id) => shop.order(id, { type: "DeleteOrder" })));
  await shop.projectOrders(ids.slice(0, 7));
  expect(await cents()).toBe(before + 450 - 100);
});

test("406 is never answered: JSON is what there is, whatever Accept asks", async () => {
  await place("accepted");
  for (const accept of ["text/html", "application/xml;q=0.9", "garbage"]) {
    const response = await api.get("/orders/accepted", { accept });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  }
});

test.each([
  ["NUL", "%00"],
  ["a bad escape", "%zz"],
  ["half an escape", "%"],
  ["bad UTF-8", "%ff"],
  ["a lone surrogate", "%ed%a0%80"],
  ["an escaped slash", "a%2Fb"],
  ["a quote", "'"],
  ["5,000 characters", "x".repeat(5_000)],
])("404: no row's id is or holds %s", async (_, id) => {
  for (const path of [
    "/orders/#",
    "/orders/#/history",
    "/orders/#/stream",
    "/orders/#?version=1",
    "/users/#",
    "/payments/#",
  ]) {
    const response = await api.get(path.replace("#", () => id));
    expect([path, response.status]).toEqual([path, 404]);
  }
});

describe("an order's past", () => {
  const changed = {
    type: "ChangeOrder",
    lines: [{ name: "ink", quantity: 2, unitPrice: 1999 }],
    written: { lines: [{ name: "ink", quantity: 2, unitPrice: 19.99 }] },
  } as const;

  test("history: its events, oldest first, with who, when and why, amounts in decimals", async () => {
    await place("told", changed, { type: "CancelOrder" }, { type: "DeleteOrder" });
    const response = await api.get("/orders/told/history");
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"4"']);
    const history = await response.json();
    expect(history.map((event: { type: string }) => event.type)).toEqual([
      "OrderCreated",
      "OrderChanged",
      "OrderCancelled",
      "OrderDeleted",
    ]);
    expect(history[1]).toMatchObject({
      version: 2,
      actor: "alice",
      causationId: "request-1",
      correlationId: "correlation-1",
      data: { amount: 39.98, lines: [{ name: "ink", quantity: 2, unitPrice: 19.99 }] },
    });
    expect((await api.get("/orders/never/history")).status).toBe(404);
    expect((await api.get("/orders/a%00b/history")).status).toBe(404);
  });

  test("as it was at a version: the very document that it had then; 404 before, beyond and once deleted", async () => {
    await place("then");
    const first = await (await api.get("/orders/then")).text();
    await shop.order("then", changed);
    await shop.projectOrders(["then"]);
    const second = await (await api.get("/orders/then")).text();
    await shop.order("then", { type: "DeleteOrder" });
    const at = async (query: string) => await api.get(`/orders/then?${query}`);
    expect(await (await at("version=1")).text()).toBe(first);
    expect(await (await at("version=2")).text()).toBe(second);
    expect((await at("version=2")).headers.get("etag")).toBe('"2"');
    expect((await api.get("/orders/then?version=1", { "if-none-match": '"1"' })).status).toBe(304);
    for (const version of [3, 4]) expect((await at(`version=${version}`)).status).toBe(404);
  });

  test("as it was at a time: what had happened until then", async () => {
    await shop.order("timed", createOrder("timed"));
    await Bun.sleep(5);
    const between = new Date().toISOString();
    await Bun.sleep(5);
    await shop.order("timed", { type: "ShipOrder" });
    expect(await json(`/orders/timed?at=${between}`)).toMatchObject({ status: "CREATED", version: 1 });
    expect(await json("/orders/timed?at=2100-01-01")).toMatchObject({ status: "SHIPPED", version: 2 });
    expect((await api.get("/orders/timed?at=2000-01-01")).status).toBe(404);
  });
});

test("users and payments: lists, single ones, ETags, 304 and 404", async () => {
  await shop.user("1", { type: "CreateUser", id: 1, name: "Alice" });
  await shop.payment("p1", { type: "RequestPayment", orderId: "p1", amount: 3998, currency: "USD" });
  for (const [kind, id, shape] of [
    ["users", "1", usersModel.shown.schema],
    ["payments", "p1", paymentsModel.shown.schema],
  ] as const) {
    const response = await api.get(`/${kind}/${id}`);
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"1"']);
    const document = await response.json();
    expect(v.safeParse(shape, document).success).toBe(true);
    expect(await json(`/${kind}`)).toEqual([document]);
    expect((await api.get(`/${kind}/${id}`, { "if-none-match": '"1"' })).status).toBe(304);
    expect((await api.get(`/${kind}/none`)).status).toBe(404);
    expect((await api.get(`/${kind}?limit=0`)).status).toBe(422);
  }
  expect(await json("/users/1")).toMatchObject({ id: 1, name: "Alice" });
  expect(await json("/payments/p1")).toMatchObject({ amount: 39.98, status: "PENDING" });
});

describe("writes that were sent here by mistake", () => {
  test("307: go on to the command API, path and query as sent", async () => {
    for (const [method, path] of [
      ["PATCH", "/orders/a%20b?x=%2F&y=+"],
      ["DELETE", "/orders/1"],
      ["PUT", "/users/1"],
      ["POST", "/orders"],
      ["POST", "/create-order"],
      ["POST", "/commands?x"],
      ["GET", "/commands/1"],
    ]) {
      const response = await fetch(`${api.url}${path}`, { method: method as string, redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([
        307,
        `http://localhost:3001${path}`,
      ]);
    }
  });

  test("405: where nothing is written on either side", async () => {
    for (const path of ["/payments/1", "/orders/stats", "/orders/stream"]) {
      const response = await fetch(`${api.url}${path}`, { method: "POST" });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
  });
});
