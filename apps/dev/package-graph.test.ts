import { expect, test } from "bun:test";
import { concerned, folderOf, isSource, type Manifest } from "./package-graph.ts";

const manifests: Manifest[] = [
  { folder: "shared/domain", name: "@millrace/domain", dependencies: [] },
  { folder: "shared/contract", name: "@millrace/contract", dependencies: ["@millrace/domain", "valibot"] },
  { folder: "shared/http", name: "@millrace/http", dependencies: ["hono"] },
  { folder: "apps/relay", name: "@millrace/relay", dependencies: ["@millrace/contract"] },
  { folder: "apps/query-api", name: "@millrace/query-api", dependencies: ["@millrace/http"] },
];
const apps = ["apps/relay", "apps/query-api"];

test("a change in an app concerns that app alone", () => {
  expect(concerned(new Set(["apps/relay"]), apps, manifests)).toEqual(["apps/relay"]);
});

test("a change in a shared package concerns who uses it, also through another", () => {
  expect(concerned(new Set(["shared/domain"]), apps, manifests)).toEqual(["apps/relay"]);
  expect(concerned(new Set(["shared/domain", "shared/http"]), apps, manifests)).toEqual(apps);
});

test("a change in a package that no app uses concerns nobody", () => {
  expect(concerned(new Set(["shared/testing"]), apps, manifests)).toEqual([]);
});

test("packages that use each other are looked at once", () => {
  const circle = [
    { folder: "shared/a", name: "a", dependencies: ["b"] },
    { folder: "shared/b", name: "b", dependencies: ["a"] },
  ];
  expect(concerned(new Set(["shared/c"]), ["shared/a"], circle)).toEqual([]);
});

test("a file belongs to the package that its path goes through, and the folders themselves to none", () => {
  expect(folderOf("shared/engine/store/append.ts")).toBe("shared/engine/store");
  expect(folderOf("shared/shop/thing/read-model/table.ts")).toBe("shared/shop");
  expect(folderOf("shared/engine/store")).toBeUndefined();
  expect(folderOf("apps/relay")).toBeUndefined();
});

test("only what a running process reads is a reason to restart it", () => {
  expect(
    ["apps/relay/main.ts", "apps/console/pages/thing.tsx", "shared/http/package.json"].every(isSource),
  ).toBe(true);
  const others = [
    "apps/relay/relay.test.ts",
    "apps/relay/relay.int.test.ts",
    "apps/relay/.main.ts.swp",
    "apps/relay/node_modules/x/y.ts",
    "apps/relay/try.tmp.ts",
    "apps/relay/4913",
  ];
  expect(others.filter(isSource)).toEqual([]);
});
