// A rebuild that is killed wherever a seed says, in each of its phases, under traffic.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { propertyRun } from "@millrace/testing/seed";
import { createRandom, type Random } from "../chaos/load/random.ts";
import { opsEnvironment, runOps, spawnOps } from "./run-ops.ts";
import { openShop, type Shop, startTraffic } from "./shop.ts";

/** Two events each: a load that takes a second or two. */
const PAST = 30_000;
const PAID = 5;
/** Each once a round; where in it is drawn. */
const POINTS = ["loading", "indexing", "following", "comparing", "switching"] as const;
const ROUNDS = 2;
/** After a point was reached: past the end of most of them. */
const DELAY_MS_MAX = 400;

type Point = (typeof POINTS)[number];

let shop: Shop;
let environment: Record<string, string | undefined>;

const ops = (...words: string[]) => runOps(environment, ...words);

beforeAll(async () => {
  shop = await openShop(PAST);
  environment = opsEnvironment(shop.system);
  for (const model of ["customers", "orders"]) {
    const made = await ops("projections", "rebuild", model, "--accept-differences", "--json");
    expect(made).toMatchObject({ code: 0, json: { switched: true } });
    await ops("projections", "drop", model, "--yes");
  }
  for (let n = 0; n < PAID; n++) {
    expect(await shop.write("POST", "/orders", { orderId: `paid-${n}`, customer: "A", amount: 5 })).toBe(201);
  }
  for (let n = 0; n < PAID; n++) await shop.read(`/orders/paid-${n}?minVersion=2&wait=20000`);
}, 300_000);

afterAll(() => shop?.stop(), 60_000);

// Seen to fail with indexing taken for done once it has begun: after a kill there the sums were missing, and every later
// run was refused.
test("killed anywhere it goes on and ends equal, readers notice nothing, and nobody is charged again", async () => {
  const seed = propertyRun().seed ?? Math.floor(Math.random() * 2 ** 31);
  console.error(`seed ${seed}: FAST_CHECK_SEED=${seed} draws the same kills`);
  const random = createRandom(seed);
  const charges = await chargeCalls();
  expect(charges).toBe(PAID);
  const traffic = startTraffic(shop, PAST);
  const hit: Partial<Record<Point, number>> = {};
  for (let round = 0; round < ROUNDS; round++) {
    await ops("projections", "drop", "orders", "--yes");
    // One after the other on its way, so that one rebuild is killed several times.
    for (const point of POINTS) {
      if (await killAt(point, random)) hit[point] = (hit[point] ?? 0) + 1;
      if ((await phase()) === "switched") await ops("projections", "drop", "orders", "--yes");
    }
  }
  const last = await ops("projections", "rebuild", "orders", "--json");
  expect(last).toMatchObject({ code: 0, json: { switched: true, differences: [], sums: [] } });
  const written = await traffic.stop();
  console.error(`killed: ${JSON.stringify(hit)}, ${traffic.reads()} reads, ${written.size} orders written`);
  expect(traffic.wrong).toEqual([]);
  expect(Object.keys(hit).length).toBeGreaterThanOrEqual(4);
  for (const [id, version] of written) {
    expect((await shop.read(`/orders/${id}?minVersion=${version}&wait=20000`)).status).toBe(200);
  }
  expect(await chargeCalls()).toBe(charges);
  const { json } = await ops("audit", "--all", "--json");
  // Of the past there is nothing in Kafka: its events were put straight into the store.
  const isPast = ({ kind, subject }: { kind: string; subject: string }) =>
    kind === "not_published" && subject.startsWith("order-past-");
  expect(json.findings.filter((finding: never) => !isPast(finding))).toEqual([]);
}, 420_000);

/** Kills a rebuild some time after it has come to the point; false where it had ended by then. */
async function killAt(point: Point, random: Random): Promise<boolean> {
  const delayMs = random.between(0, DELAY_MS_MAX);
  const child = spawnOps(environment, ["projections", "rebuild", "orders", "--json"]);
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  while (!ended && !(await isAt(point))) await Bun.sleep(1);
  await Promise.race([child.exited, Bun.sleep(delayMs)]);
  const isKilled = !ended;
  if (isKilled) process.kill(child.pid, "SIGKILL");
  await child.exited;
  return isKilled;
}

async function isAt(point: Point): Promise<boolean> {
  if (point === "comparing") return isAsking("%hash_record_extended%");
  if (point === "switching") return isAsking("%from checkpoints%for update%");
  return (await phase()) === point;
}

async function phase(): Promise<string | undefined> {
  const [row] = await shop.system.sql<{ phase: string }[]>`
    select phase from rebuilds where projection = 'orders'`;
  return row?.phase;
}

/** Whether the rebuild's last statement is, or was, that one. */
async function isAsking(pattern: string): Promise<boolean> {
  const asking = await shop.system.sql`
    select from pg_stat_activity where application_name = 'ops' and query like ${pattern}`;
  return asking.length > 0;
}

async function chargeCalls(): Promise<number> {
  const [row] = await shop.system.sql`
    select coalesce(sum(charge_calls), 0)::int as calls from simulated_gateway_charges`;
  return Number(row?.calls);
}
