import { expect, test } from "bun:test";
import type { ReadModel } from "@millrace/read-models/read-model";
import { defineShop } from "@millrace/registry/define-shop";
import { order } from "./order/order.ts";
import { shop } from "./shop.ts";
import { user } from "./user/user.ts";

test("the README lists every refusal with its status, and no other", async () => {
  const readme = await Bun.file(new URL("README.md", import.meta.url)).text();
  const listed = [...readme.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|$/gm)].map(
    ([, status, code]) => `${status} ${code}`,
  );
  const told = Object.values(shop.problems).map(({ status, code }) => `${status} ${code}`);
  expect(listed.sort()).toEqual(told.sort());
});

test("what is named twice is refused at the start, by its name", () => {
  const define = (...aggregates: (typeof shop.aggregates)[number][]) =>
    defineShop({ aggregates, commandsTopic: "commands" });
  expect(() => define(order, order)).toThrow("Two aggregates of the shop have the name order");
  expect(() => define(order, { ...user, plural: "orders" })).toThrow("have the plural orders");
  expect(() => define(order, { ...user, refusals: order.refusals })).toThrow("have the code order_");
  const models = (...readModels: (typeof shop.readModels)[number][]) =>
    defineShop({ aggregates: [order], readModels, commandsTopic: "commands" });
  const [orders, payments] = shop.readModels as [ReadModel, ReadModel];
  expect(() => models(orders, orders)).toThrow("Two read models of the shop have the name orders");
  expect(() => models(payments)).toThrow("The read model payments is made of payment, which is no aggregate");
  const taken = { code: "body_invalid", status: 422, title: "", detail: "" } as const;
  expect(() => define({ ...user, refusals: { body_invalid: taken } })).toThrow("have the code body_invalid");
});

test("what is sent to the query API by mistake is known by the paths of the commands", () => {
  expect(shop.written).toEqual({
    shared: ["/orders", "/orders/:id", "/users", "/users/:id"],
    commandsOnly: ["/create-order"],
  });
});
