import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandOf, planCommand } from "./command.ts";
import { listed } from "./edit.ts";
import { fieldsOf } from "./fields.ts";
import { namesOf } from "./names.ts";
import { carryOut } from "./plan.ts";
import { planAggregate } from "./templates/aggregate.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "millrace-new-"));
  writeFileSync(join(root, "shop.ts"), "before");
});
afterEach(() => rmSync(root, { recursive: true }));

const plan = { created: new Map([["a/b.ts", "new"]]), changed: new Map([["shop.ts", "after"]]) };
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("what is planned is written and formatted, and its migration and the client's types are made", () => {
  const ran: string[] = [];
  mkdirSync(join(root, "shared/client"), { recursive: true });
  carryOut(root, { ...plan, migration: "things" }, (command) => ran.push(command.slice(0, 3).join(" ")));
  expect([read("a/b.ts"), read("shop.ts"), ran]).toEqual([
    "new",
    "after",
    ["bunx biome check", "bunx drizzle-kit generate", "bun run client"],
  ]);
});

// Seen to fail without the catch: shop.ts named what was not there.
test("where a step fails the checkout is as it was", () => {
  const fails = () => {
    throw new Error("no migration");
  };
  expect(() => carryOut(root, plan, fails)).toThrow("no migration");
  expect([existsSync(join(root, "a/b.ts")), read("shop.ts")]).toEqual([false, "before"]);
});

// Seen to fail without the look: the file that was there was gone.
test("a file that is there is never written over", () => {
  const there = { created: new Map([["shop.ts", "new"]]), changed: new Map() };
  expect(() => carryOut(root, there, () => {})).toThrow("shop.ts is there already");
  expect(read("shop.ts")).toBe("before");
});

test("one more thing stands in a list of the shop, whether that is empty, on one line or on many", () => {
  const put = (text: string) =>
    listed("shop.ts", `import a from "a";\n${text}`, { list: "things", what: "x", from: "./x.ts" });
  expect(put("\n  things: [a, b],\n")).toContain("things: [a, b, x],");
  expect(put("\n  things: [],\n")).toContain("things: [x],");
  expect(put("\n  things: [\n    a,\n    b,\n  ],\n")).toMatch(/a,\n {4}b, x,?\n {2}\],/);
  expect(put("\n  things: [a],\n")).toContain(`import { x } from "./x.ts";`);
  expect(() => put("\n  others: [],\n")).toThrow("add x to things by hand");
});

test("a command whose place is not found is refused before anything is written, with what to do by hand", () => {
  const sources = new Map([["thing.ts", 'export type ThingCommand =\n  | { readonly type: "A" };']]);
  expect(() => planCommand({ of: "thing", verb: "use", past: "used" }, { sources, test: undefined })).toThrow(
    "to ThingEvent by hand",
  );
  const taken = new Map([["thing.ts", `"UseThing"`]]);
  expect(() =>
    planCommand({ of: "thing", verb: "use", past: "used" }, { sources: taken, test: undefined }),
  ).toThrow("has a UseThing already");
});

// Seen to fail with a list of its own for each command: the second list took the place of the first.
test("a second command stands beside the first one, and its event is shown as it is stored", () => {
  const aggregate = { names: namesOf("thing", undefined), fields: fieldsOf("price:money") };
  const texts = { shop: "import a;\n  aggregates: [],\n", refusals: "\n| 404 | `a` |\n" };
  const made = planAggregate(aggregate, texts).created;
  const once = planCommand(commandOf("thing", "use"), { sources: made, test: undefined }).changed;
  const sources = new Map([...made, ...once]);
  const twice = planCommand(commandOf("thing", "lend", "lent"), { sources, test: undefined }).changed;
  const all = [...new Map([...sources, ...twice]).values()].join("\n");
  expect(all.split("others: {")).toHaveLength(2);
  expect(all).toMatch(/others: \{ lendThing: .*, useThing: /s);
  expect(all).toContain("default:\n      return data;");
});
