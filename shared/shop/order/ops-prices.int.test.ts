// The price list as an operator keeps it, a process a command.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLog } from "@millrace/platform/log";
import { requireCurrency } from "../currency.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const folder = mkdtempSync(join(tmpdir(), "prices-"));
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await api?.stop();
});

const ops = (...words: string[]) => opsIn("USD", ...words);

async function opsIn(currency: string, ...words: string[]) {
  const child = Bun.spawn(
    [process.execPath, fileURLToPath(new URL("../../../apps/ops/main.ts", import.meta.url)), ...words],
    {
      env: { DATABASE_URL: api.databaseUrl, MILLRACE_CURRENCY: currency },
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

async function listed() {
  return JSON.parse((await ops("prices", "list", "--json")).out) as unknown;
}

test("prices are set, changed, imported, listed and removed", async () => {
  expect((await ops("prices", "list")).out).toContain("No price is listed");
  expect(await ops("prices", "set", "Laptop", "1999", "--id", "laptop")).toMatchObject({ code: 0, err: "" });
  expect((await ops("prices", "set", "Laptop", "1899.5", "--id", "laptop")).out).toBe(
    "Laptop costs 1899.5 USD from now on.\n",
  );
  const file = join(folder, "prices.json");
  await Bun.write(file, JSON.stringify([{ name: "pen", price: 1.5 }]));
  expect((await ops("prices", "import", file)).code).toBe(0);
  expect(await listed()).toEqual([
    { name: "Laptop", price: 1899.5, id: "laptop" },
    { name: "pen", price: 1.5 },
  ]);
  expect([(await ops("prices", "remove", "pen")).code, (await ops("prices", "remove", "pen")).code]).toEqual([
    0, 1,
  ]);
  const trail = JSON.parse((await ops("trail", "--json")).out) as Record<string, unknown>[];
  expect(trail.map(({ act, target, details }) => [act, target, details])).toMatchObject([
    ["shop.prices.remove", "price of pen", {}],
    ["shop.prices.set", "price of pen", { prices: 1, minorUnits: { pen: 150 } }],
    ["shop.prices.set", "price of Laptop", { minorUnits: { Laptop: 189_950 } }],
    ["shop.prices.set", "price of Laptop", { minorUnits: { Laptop: 199_900 } }],
  ]);
});

test("what can't be listed changes nothing, and says why", async () => {
  const before = await listed();
  const file = join(folder, "wrong.json");
  await Bun.write(
    file,
    JSON.stringify([
      { name: "ink", price: 1 },
      { name: "pot", price: 1.555 },
    ]),
  );
  expect(await ops("prices", "import", file)).toMatchObject({
    code: 1,
    err: "ops: pot: 1.555 has more decimals than USD\n",
  });
  expect((await ops("prices", "set", "ink", "much")).code).toBe(1);
  // An id is one product's.
  const taken = await ops("prices", "set", "ink", "1", "--id", "laptop");
  expect(taken.code).toBe(1);
  expect(taken.err).toContain("prices_product_id_unique");
  expect(await listed()).toEqual(before);
});

// Seen to fail without requireCurrency: 500 yen would be 5 dollars.
test("a price in another currency than the store's is refused", async () => {
  const log = createLog("prices-test", "silent");
  await requireCurrency({ sql: api.sql, currency: "USD", claim: true, log });
  const before = await listed();
  const other = await opsIn("JPY", "prices", "set", "yen", "500");
  expect(other.code).toBe(1);
  expect(other.err).toContain("MILLRACE_CURRENCY: is JPY");
  expect(await listed()).toEqual(before);
});
