// Who may import whom: the guide's page on the layout says it, the manifests declare it, Bun's isolated linker enforces it.
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";

const ROOT = new URL("../../", import.meta.url).pathname;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly exports?: Record<string, string>;
}

/** By the name that others import them by, without the scope: `store`, and `relay-app` for the program of that name. */
const packages = new Map<string, { folder: string; manifest: Manifest }>();
for await (const path of new Glob("{apps,shared}/**/package.json").scan({ cwd: ROOT })) {
  if (path.includes("node_modules")) continue;
  const manifest: Manifest = await Bun.file(`${ROOT}${path}`).json();
  const folder = path.slice(0, -"/package.json".length);
  packages.set(manifest.name.slice("@millrace/".length), { folder, manifest });
}

/** The rows of the table under "Who may import whom". */
async function layoutTable(): Promise<Map<string, string[]>> {
  // A shop that `bun run new shop` made has it in its README.
  const [page] = ["shared/guide/layout.md", "README.md"].filter((path) => existsSync(ROOT + path));
  const text = await Bun.file(`${ROOT}${page}`).text();
  const section = text.split("## Who may import whom")[1]?.split("\n#")[0] ?? "";
  const rows = section.split("\n").filter((line) => /^\| `/.test(line));
  return new Map(
    rows.map((row) => {
      const [, names = "", may = ""] = row.split("|");
      return [
        names.replaceAll("`", "").trim(),
        [...may.matchAll(/`([a-z-]+)`/g)].map((match) => match[1] as string),
      ];
    }),
  );
}

/** Workspace packages that a manifest's production dependencies name. */
function declared(manifest: Manifest): string[] {
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => name.startsWith("@millrace/"))
    .map((name) => name.slice("@millrace/".length))
    .sort();
}

async function sources(folder: string): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for await (const path of new Glob("**/*.{ts,tsx}").scan({ cwd: `${ROOT}${folder}` })) {
    if (!path.includes("node_modules"))
      found.push({ path, text: await Bun.file(`${ROOT}${folder}/${path}`).text() });
  }
  return found;
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\s[^;]*?from "([^"]+)"|^import "([^"]+)"/gm)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
}

describe("architecture", () => {
  test("every package declares exactly the imports that the guide's table allows it", async () => {
    const table = await layoutTable();
    expect(packages.size).toBeGreaterThan(0);
    expect([...table.keys()].sort()).toEqual([...packages.keys()].sort());
    for (const [name, { manifest }] of packages) {
      expect({ name, may: declared(manifest) }).toEqual({ name, may: [...(table.get(name) ?? [])].sort() });
    }
  });

  test("the domain has no dependency at all", () => {
    expect(packages.get("domain")?.manifest.dependencies ?? {}).toEqual({});
  });

  // Seen to fail with an import of node:path in a file that an aggregate's decide.ts imports.
  test("what an aggregate decides by imports nothing but the domain, its own folder and money", async () => {
    const pure = ["commands", "events", "state", "decide", "evolve", "refusals"];
    const folders = [...new Glob("*/decide.ts").scanSync({ cwd: `${ROOT}shared/shop` })].map(dirname);
    expect(folders.length).toBeGreaterThan(0);
    for (const folder of folders) {
      const inFolder = new Set(new Glob("*.ts").scanSync({ cwd: `${ROOT}shared/shop/${folder}` }));
      const left = pure
        .map((file) => `${file}.ts`)
        .filter((file) => inFolder.has(file))
        .map((file) => `${folder}/${file}`);
      // What they import counts as they do, however far it goes.
      for (const path of left) {
        const imports = importsOf(await Bun.file(`${ROOT}shared/shop/${path}`).text());
        const own = imports.filter((specifier) => specifier.startsWith("./"));
        left.push(
          ...own.map((specifier) => join(dirname(path), specifier)).filter((each) => !left.includes(each)),
        );
        const impure = imports.filter(
          (specifier) =>
            !own.includes(specifier) &&
            specifier !== "../money.ts" &&
            !specifier.startsWith("@millrace/domain/"),
        );
        expect({ path, impure }).toEqual({ path, impure: [] });
      }
    }
    expect(importsOf(await Bun.file(`${ROOT}shared/shop/money.ts`).text())).toEqual([]);
  });

  test("no app depends on another app", () => {
    const apps = [...packages].flatMap(([name, { folder }]) => (folder.startsWith("apps/") ? [name] : []));
    for (const app of apps) {
      expect({
        app,
        on: declared(packages.get(app)?.manifest as Manifest).filter((name) => apps.includes(name)),
      }).toEqual({ app, on: [] });
    }
  });

  test("each package uses every workspace package that it declares, outside its tests", async () => {
    for (const [name, { folder, manifest }] of packages) {
      const used = new Set<string>();
      for (const { path, text } of await sources(folder)) {
        if (/\.test\.tsx?$|(^|\/)testing\//.test(path)) continue;
        for (const specifier of importsOf(text)) {
          if (specifier.startsWith("@millrace/")) used.add(specifier.split("/")[1] as string);
        }
      }
      expect({ name, unused: declared(manifest).filter((dependency) => !used.has(dependency)) }).toEqual({
        name,
        unused: [],
      });
    }
  });

  test("only @millrace/kafka imports kafkajs, and the designs that the benchmark compares with", async () => {
    for (const [name, { folder }] of packages) {
      for (const { path, text } of await sources(folder)) {
        if (folder === "apps/bench" && path.startsWith("peers/")) continue;
        const kafkajs = importsOf(text).some((specifier) => specifier === "kafkajs");
        expect({ path: `${folder}/${path}`, kafkajs: kafkajs && name !== "kafka" }).toEqual({
          path: `${folder}/${path}`,
          kafkajs: false,
        });
      }
    }
  });

  test("no source file imports another package by a relative path, but for those that run before packages are linked", async () => {
    const beforeInstall = ["apps/dev/main.ts", "shared/testing/preload.ts"];
    for (const { folder } of packages.values()) {
      for (const { path, text } of await sources(folder)) {
        if (beforeInstall.includes(`${folder}/${path}`)) continue;
        // Text of files that are yet to be written, elsewhere.
        if (folder === "apps/new" && path.startsWith("templates/")) continue;
        const depth = path.split("/").length - 1;
        const escapes = importsOf(text).filter((specifier) => {
          const ups = specifier.match(/^(\.\.\/)+/)?.[0].length ?? 0;
          return ups / 3 > depth;
        });
        expect({ path: `${folder}/${path}`, escapes }).toEqual({ path: `${folder}/${path}`, escapes: [] });
      }
    }
  });

  // Seen to fail with a switch's own update of checkpoints in the rebuild.
  test("a table of the engine is written by the package that declares it, and by no other", async () => {
    const engine = [...packages.values()].filter(({ folder }) => folder.startsWith("shared/engine/"));
    /** By its name in SQL, and by that of its value for Drizzle. */
    const owners = new Map<string, string>();
    for (const { folder } of engine) {
      for (const { path, text } of await sources(folder)) {
        if (/(^|\/)testing\//.test(path)) continue;
        for (const [, ...names] of text.matchAll(/const (\w+) = pgTable\(\s*"(\w+)"/g)) {
          for (const name of names) owners.set(name, folder);
        }
      }
    }
    expect(owners.size).toBeGreaterThan(10);
    const tables = [...owners.keys()].join("|");
    const writes = new RegExp(
      `(?:(?:insert into |update |delete from |truncate )(?:public\\.)?|\\.(?:insert|update|delete)\\()(${tables})\\b`,
      "g",
    );
    const foreign: string[] = [];
    for (const { folder } of packages.values()) {
      if (["apps/bench", "apps/system-tests", "shared/testing"].includes(folder)) continue;
      for (const { path, text } of await sources(folder)) {
        if (/\.test\.tsx?$|(^|\/)testing\//.test(path)) continue;
        for (const [what, table = ""] of text.matchAll(writes)) {
          if (owners.get(table) !== folder) foreign.push(`${folder}/${path}: ${what}`);
        }
      }
    }
    expect(foreign).toEqual([]);
  });

  test("every export of a package exists, and no file that people write is longer than 300 lines", async () => {
    for (const { folder, manifest } of packages.values()) {
      for (const target of Object.values(manifest.exports ?? {})) {
        const path = `${folder}/${target.slice(2)}`;
        expect({ path, exists: await Bun.file(`${ROOT}${path}`).exists() }).toEqual({ path, exists: true });
      }
      for (const { path, text } of await sources(folder)) {
        const lines = text.split("\n").length;
        if (!/(?:test|\.generated)\.tsx?$/.test(path) && lines > 300)
          throw new Error(`${folder}/${path} has ${lines} lines`);
      }
    }
  });
});
