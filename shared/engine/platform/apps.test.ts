import { expect, test } from "bun:test";
import { readAppConfig, readConfig } from "./config.ts";

const DATABASE_URL = "postgres://owner@db.example/shop";

test("an app's own DATABASE_URL counts more than that of all, and is no other app's", () => {
  const environment = { DATABASE_URL, QUERY_API_DATABASE_URL: "postgres://query_api@db.example/shop" };
  expect(readAppConfig("query-api", environment).DATABASE_URL).toContain("query_api@");
  expect(readAppConfig("relay", environment).DATABASE_URL).toBe(DATABASE_URL);
});

test("passwords of roles are read by app, whatever they hold", () => {
  const read = (said: string) => readConfig({ DATABASE_ROLE_PASSWORDS: said }).DATABASE_ROLE_PASSWORDS;
  expect(read("")).toEqual({});
  expect(read("relay=a=b:c, query-api=d")).toEqual({ relay: "a=b:c", "query-api": "d" });
  for (const said of ["relay", "relay=", "nobody=secret"]) expect(() => read(said)).toThrow("app=password");
});
