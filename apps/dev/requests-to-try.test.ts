import { expect, test } from "bun:test";
import { shop } from "@millrace/shop/shop";
import { scopesOf } from "./keys-to-try.ts";
import { requestsToTry } from "./requests-to-try.ts";

const at = { commandApi: "http://localhost:3001", queryApi: "http://localhost:3002", key: undefined };
const aggregate = (path: string, example: unknown, readModel?: { name: string }) => ({
  creation: { routes: [{ path, examples: { first: example } }] },
  readModel,
});

test("what is tried first is what the shop's first aggregate with a command of its own shows first", () => {
  const aggregates = [
    {},
    aggregate("/things", { name: "one" }, { name: "things" }),
    aggregate("/others", {}),
  ];
  expect(requestsToTry({ aggregates }, at)).toEqual([
    "",
    "Try:",
    "  curl -s http://localhost:3001/things -H 'content-type: application/json' \\",
    `    -d '{"name":"one"}'`,
    "  curl -s http://localhost:3002/things",
  ]);
  expect(requestsToTry({ aggregates: [{}] }, at)).toEqual([]);
});

test("where access is required both requests have a key, and a shell reads any example", () => {
  const aggregates = [aggregate("/things", { name: "Ann's" }, { name: "things" })];
  const [, , write, body, read] = requestsToTry({ aggregates }, { ...at, key: "mr_1" });
  expect([write, read]).toEqual(Array(2).fill(expect.stringContaining("-H 'authorization: Bearer mr_1'")));
  const printed = Bun.spawnSync(["sh", "-c", `printf %s ${body?.trim().slice(3)}`]).stdout.toString();
  expect(JSON.parse(printed)).toEqual({ name: "Ann's" });
});

test("this shop has a first request, and a service may do all that it has", () => {
  expect(requestsToTry(shop, at)).toHaveLength(5);
  const scopes = scopesOf(shop);
  expect(new Set(scopes).size).toBe(scopes.length);
  for (const { name } of shop.readModels) expect(scopes).toContain(`${name}:read`);
});
