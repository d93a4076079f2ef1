// The engine and the apps know no shop: none of their files, tests and pages included, holds a word of an aggregate.
// Seen to fail with a comment of the engine that names orders, and with one of the relay's app.
import { describe, expect, test } from "bun:test";
import { Glob } from "bun";

const ROOT = new URL("../../", import.meta.url).pathname;

/** They look like words of the shop and are none: the English "in order", and others' names for who is logged in or types. */
const NO_WORDS_OF_A_SHOP = ["inOrder", "inOrderOfStream", "userInfo", '"user"'];

/** All but the benchmark and the tests of the whole: these send orders. */
const APPS = "apps/{command-api,console,dev,migrate,new,ops,processes,projector,proxy,query-api,relay}";

/**
 * Folders of shared/shop that the engine was parted from: by now they have a file for their commands. What a team adds with
 * `bun run new` was never in it, and may be called by an English word.
 */
const aggregates = [...new Glob("*/commands.ts").scanSync({ cwd: `${ROOT}shared/shop` })]
  .map((path) => path.split("/")[0] as string)
  .sort();

describe("leaks", () => {
  test("the words of a shop are found in whatever they stand, and plain English is let through", () => {
    const words = wordsOf({ name: "order", source: `type: "ShipOrder"; code: "order_not_found"` });
    expect("/orders/:id shipOrder orderId readOrder OrderCreated `order-1`".match(words)).toEqual([
      "orders",
      "shipOrder",
      "orderId",
      "readOrder",
      "OrderCreated",
      "`order-",
    ]);
    expect("in order, ordered, orderBy(id), order by version, ReadInOrderly".match(words)).toBeNull();
    expect("ops topics tail order-events, ops events order-A-1".match(words)).toEqual([
      "order-events",
      "order-A",
    ]);
  });

  test("no file of the engine holds a word of the shop, nor its package's name", async () => {
    expect(await leaksOf("shared/engine", [/@millrace\/shop\b/g, ...(await shopWords())])).toEqual([]);
  });

  test("no app holds a word of the shop: its package's name is all that they know", async () => {
    expect(await leaksOf(APPS, await shopWords())).toEqual([]);
  });
});

async function shopWords(): Promise<RegExp[]> {
  return Promise.all(aggregates.map(async (name) => wordsOf(await sourceOf(name))));
}

/** What an aggregate says of itself: its commands, events and refusals are told apart by these literals alone. */
async function sourceOf(name: string): Promise<{ name: string; source: string }> {
  const files = new Glob("{commands,events,refusals,decide}.ts").scanSync({
    cwd: `${ROOT}shared/shop/${name}`,
  });
  const texts = [...files].map((file) => Bun.file(`${ROOT}shared/shop/${name}/${file}`).text());
  return { name, source: (await Promise.all(texts)).join("\n") };
}

/** Finds the names of an aggregate's commands, events and refusals, and its own name wherever it is not English. */
function wordsOf({ name, source }: { name: string; source: string }): RegExp {
  const types = [...source.matchAll(/\btype: "(\w+)"/g)].map(([, type]) => type as string);
  const codes = [...source.matchAll(/\bcode: "(\w+)"/g)].map(([, code]) => code as string);
  const capital = name[0]?.toUpperCase() + name.slice(1);
  const whole = [...types, ...types.map((type) => type[0]?.toLowerCase() + type.slice(1)), ...codes];
  return new RegExp(
    [
      ...[...whole, `${name}s`].map((word) => `\\b${word}\\b`),
      // "order", and the beginning of `order-1`, order-events and /order-stats.
      `["'\`]${name}["'\`]`,
      `["'\`/]${name}-`,
      // As help texts name a topic or a stream.
      `\\b${name}-(?:events|[A-Z0-9])`,
      `\\b${name}_\\w+`,
      // orderId, but orderBy; readOrder and OrderCreated, but Ordered.
      `\\b${name}(?!By\\b)[A-Z]\\w*`,
      `\\b\\w*[a-z]${capital}(?![a-z])\\w*`,
      `\\b${capital}[A-Z]\\w*`,
    ].join("|"),
    "g",
  );
}

interface Leak {
  readonly path: string;
  readonly words: readonly string[];
}

async function leaksOf(folders: string, patterns: readonly RegExp[]): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for await (const path of new Glob(`${folders}/**/*.{ts,tsx,sql,css,md}`).scan({ cwd: ROOT })) {
    if (path.includes("node_modules")) continue;
    const said = `${path}\n${await Bun.file(ROOT + path).text()}`;
    const words = patterns.flatMap((pattern) => said.match(pattern) ?? []);
    const leaking = [...new Set(words)].filter((word) => !NO_WORDS_OF_A_SHOP.includes(word));
    if (leaking.length > 0) leaks.push({ path, words: leaking });
  }
  return leaks.sort((a, b) => (a.path < b.path ? -1 : 1));
}
