import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandOf, planCommand } from "./command.ts";
import { makeShop } from "./shop.ts";
import { planProcess } from "./templates/process.ts";
import { rulesFile, SHOP_FILE, SHOP_MANIFEST } from "./templates/shop.ts";
import { readmeFile } from "./templates/shop-readme.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOTE = join(ROOT, "shared/engine/registry/testing/tiny-shop/note");

/** Time, in ms, for two copies of a thousand files: a second or two, more beside other tests. */
const WITHIN_MS = 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-shop-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// Seen to fail without requireFree: the file was one among a thousand.
test("a folder that holds something is refused by its name, and so is one in the checkout", () => {
  writeFileSync(join(folder, "kept.txt"), "mine");
  expect(() => makeShop(ROOT, folder, () => {})).toThrow(`${folder} is there already, and is not empty`);
  expect(readdirSync(folder)).toEqual(["kept.txt"]);
  const inside = join(ROOT, "apps/mine");
  expect(() => makeShop(ROOT, inside, () => {})).toThrow(`${inside} is in this checkout`);
  expect(existsSync(inside)).toBe(false);
});

// Seen to fail without the catch: half of a shop was left.
test(
  "where a step fails nothing is left but a folder that was there",
  () => {
    const fails = () => {
      throw new Error("no packages");
    };
    expect(() => makeShop(ROOT, folder, fails)).toThrow("no packages");
    expect(readdirSync(folder)).toEqual([]);
    expect(() => makeShop(ROOT, join(folder, "new"), fails)).toThrow("no packages");
    expect(existsSync(join(folder, "new"))).toBe(false);
  },
  WITHIN_MS,
);

// Seen to fail without the look at tables: a trigger on a table that is not there.
test(
  "what was written by hand in the migrations comes along, unless it is about the shop that stays",
  () => {
    makeShop(ROOT, folder, (target, [, program]) => {
      if (program !== "drizzle-kit") return;
      mkdirSync(join(target, "migrations"), { recursive: true });
      writeFileSync(join(target, "migrations/0000_schema.sql"), "CREATE TABLE x ();\n");
    });
    const schema = readFileSync(join(folder, "migrations/0000_schema.sql"), "utf8");
    expect(schema).toStartWith("CREATE TABLE x ();--> statement-breakpoint\n");
    for (const said of ["SET STORAGE EXTERNAL", 'CREATE SCHEMA "next"', "trail_is_append_only"])
      expect(schema).toContain(said);
    expect(schema.match(/CREATE TABLE/g)).toHaveLength(1);
    expect(schema).not.toContain("pass_on_");
    expect(existsSync(join(folder, "apps/bench"))).toBe(false);
  },
  WITHIN_MS,
);

test("the first aggregate takes one more command, as one that bun run new wrote", () => {
  const files = ["decide.ts", "codec.ts", "note.ts", "read-model/model.ts"];
  const read = (path: string) => [path, readFileSync(join(NOTE, path), "utf8")] as const;
  const { changed } = planCommand(commandOf("note", "pin", "pinned"), {
    sources: new Map(files.map(read)),
    test: read("note.test.ts"),
  });
  expect([...changed.keys()].sort()).toEqual([...files, "note.test.ts"].sort());
});

test("the first process of a shop makes it import what makes one, and say so", () => {
  const manifests = new Map([["shared/shop/package.json", SHOP_MANIFEST]]);
  const texts = { shop: SHOP_FILE, manifest: SHOP_MANIFEST, readme: readmeFile("mine", manifests) };
  const first = planProcess({ name: "labels", on: "note" }, texts);
  const manifest = first.changed.get("shared/shop/package.json") ?? "";
  const readme = first.changed.get("README.md") ?? "";
  expect(JSON.parse(manifest).dependencies).toMatchObject({ "@millrace/processes": "workspace:*" });
  expect(readme).toContain(
    "| `shop` | `commands`, `domain`, `events`, `http`, `ops`, `platform`, `processes`, `read-models`",
  );
  expect(first.install).toBe(true);
  const second = planProcess({ name: "parcels", on: "note" }, { ...texts, manifest, readme });
  expect([[...second.changed.keys()], second.install]).toEqual([["shared/shop/shop.ts"], false]);
});

// Seen to fail with the rules copied as they are.
test("alerts of a new shop lead to no page of the guide, which stays behind", () => {
  // A new shop has this test as well, and rules without such a page.
  const rules = `${readFileSync(join(ROOT, "shared/deploy/prometheus/rules.yaml"), "utf8")}
          page: shared/guide/growth.md#what-stays-as-quick
`;
  const copied = rulesFile(rules);
  expect(copied).not.toContain("shared/guide/");
  expect(copied.match(/- alert: /g)).toHaveLength(rules.match(/- alert: /g)?.length ?? 0);
});
