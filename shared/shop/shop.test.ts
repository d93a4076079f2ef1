import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import type { ReadModel } from "@millrace/read-models/read-model";
import { defineShop } from "@millrace/registry/define-shop";
import { order } from "./order/order.ts";
import { payment } from "./payment/payment.ts";
import { shop } from "./shop.ts";
import { user } from "./user/user.ts";

test("every refusal that the README lists has that status", async () => {
  const readme = await Bun.file(new URL("README.md", import.meta.url)).text();
  const listed = [...readme.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|$/gm)].map(
    ([, status, code]) => `${status} ${code}`,
  );
  const told = Object.values(shop.problems).map(({ status, code }) => `${status} ${code}`);
  expect(listed.length).toBeGreaterThan(0);
  expect(told).toEqual(expect.arrayContaining(listed));
});

test("what is named twice is refused at the start, by its name", () => {
  const define = (...aggregates: (typeof shop.aggregates)[number][]) => defineShop({ aggregates });
  expect(() => define(order, order)).toThrow("Two aggregates of the shop have the name order");
  expect(() => define(order, { ...user, plural: "orders" })).toThrow("have the plural orders");
  expect(() => define(order, { ...user, refusals: order.refusals })).toThrow("have the code order_");
  expect(() => define(user, payment)).toThrow(
    "The owners of payment are known by order, which is no aggregate",
  );
  const { readModel: _, ...bare } = order;
  const models = (...readModels: (typeof shop.readModels)[number][]) =>
    defineShop({ aggregates: [bare], readModels });
  const [orders, users] = shop.readModels as [ReadModel, ReadModel];
  expect(() => models(orders, orders)).toThrow("Two read models of the shop have the name orders");
  expect(() => models(users)).toThrow("The read model users is made of user, which is no aggregate");
  const taken = { code: "body_invalid", status: 422, title: "", detail: "" } as const;
  expect(() => define({ ...user, refusals: { body_invalid: taken } })).toThrow("have the code body_invalid");
});

test("a topic gets what the environment says of it alone, else what its aggregate says, else what every topic gets", () => {
  const partitions = (environment: Record<string, string>) => {
    const { partitionsOf } = shop.topicSizing(readConfig(environment));
    return ["order-events", "user-events", "orders-commands"].map(partitionsOf);
  };
  expect(partitions({})).toEqual([4, 2, 2]);
  expect(partitions({ MILLRACE_TOPIC_PARTITIONS: "3" })).toEqual([4, 3, 3]);
  expect(partitions({ MILLRACE_ORDER_PARTITIONS: "12", MILLRACE_USER_PARTITIONS: "5" })).toEqual([12, 5, 2]);
  expect(() => partitions({ MILLRACE_USER_PARTITIONS: "none" })).toThrow(
    "MILLRACE_USER_PARTITIONS: expected",
  );
});

test("what is sent to the query API by mistake is known by the paths of the commands", () => {
  expect(shop.written).toEqual({
    shared: expect.arrayContaining(["/orders", "/orders/:id", "/users", "/users/:id"]),
    commandsOnly: ["/create-order"],
  });
});
