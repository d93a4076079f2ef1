// What people and operators ask of a shop with ten million orders, against the same asked of one with ten thousand: two
// stacks side by side, asked in turn.

import { runFinder, runOps } from "../ops.ts";
import { readableOrders } from "../orders.ts";
import type { Bench, Figure, LongQuestion, Setting } from "../question.ts";
import { withBench } from "../stack.ts";
import { percentile } from "../statistics.ts";
import { fillStore } from "../store/fill.ts";
import { hasRoom } from "../store/room.ts";

/** Two an order. */
const FEW_EVENTS = 20_000;
const MANY_EVENTS = 20_000_000;
/** Events a customer: a hundred orders each. */
const EVENTS_A_CUSTOMER = 200;
/** Of one ask; the first few fill the caches and count for nothing. */
const ASKED = 15;
const WARMING = 3;
/** How far into the list `deep` goes: the 120th page of a thousand, where there are as many. */
const DEEP_PAGES = 120;
const PAGE = 1_000;
const AT_MOST_TIMES = 3;

interface Ask {
  readonly name: string;
  /** @throws where it is answered otherwise than it should be */
  ask(bench: Bench): Promise<unknown>;
}

export const large: LongQuestion = {
  name: "large",
  title:
    "lists, pages, a customer, why, audit, console and vacuum with ten million orders, against ten thousand",
  onlyNamed: true,
  async runAll(setting: Setting) {
    const events = setting.events ?? MANY_EVENTS;
    if (!hasRoom("large", events, setting)) return [];
    return withBench("many", setting, async (many) => {
      await fill(many, events);
      return withBench("few", setting, async (few) => {
        await fill(few, FEW_EVENTS);
        return [await compare(few, many)];
      });
    });
  },
};

/** Customers are made of the events, as by an operator. */
async function fill(bench: Bench, events: number): Promise<void> {
  await fillStore(bench, events, Math.ceil(events / EVENTS_A_CUSTOMER));
  await runOps(bench.stack, "projections", "rebuild", "customers", "--accept-differences");
  await runOps(bench.stack, "projections", "drop", "customers", "--yes");
  bench.say(`${(await readableOrders(bench.sql)).toLocaleString("en")} orders, and their customers`);
}

async function compare(few: Bench, many: Bench): Promise<Figure[]> {
  const figures = await sizesOf(many);
  const asksOfFew = await asksOf(few);
  const asksOfMany = await asksOf(many);
  for (const [index, { name, ask }] of asksOfFew.entries()) {
    const both = [
      { bench: few, ask, took: [] as number[] },
      { bench: many, ask: (asksOfMany[index] as Ask).ask, took: [] as number[] },
    ] as const;
    for (let n = 0; n < WARMING + ASKED; n++) {
      // Who is asked first changes: the machine's own speed does as well.
      for (const each of n % 2 === 0 ? both : both.toReversed()) {
        const startedAt = performance.now();
        await each.ask(each.bench);
        if (n >= WARMING) each.took.push(performance.now() - startedAt);
      }
    }
    const [fewMs, manyMs] = both.map(({ took }) => percentile(took, 0.5)) as [number, number];
    many.say(`  ${name}: ${fewMs.toFixed(1)} ms with few, ${manyMs.toFixed(1)} ms with many`);
    figures.push(
      { name, unit: "times", value: manyMs / fewMs, target: { atMost: AT_MOST_TIMES } },
      { name: `  ${name}, many`, unit: "ms", value: manyMs },
    );
  }
  return figures;
}

/** What the larger of the two stores takes on the disk, indexes among it. */
async function sizesOf({ sql }: Bench): Promise<Figure[]> {
  const [row] = await sql<{ events: string; event_bytes: string; orders: string; order_bytes: string }[]>`
    select pg_total_relation_size('events') as event_bytes,
      pg_total_relation_size('orders') + pg_total_relation_size('customer_sources') as order_bytes,
      (select count(*) from events) as events, (select count(*) from orders) as orders`;
  if (!row) throw new Error("Postgres does not say how large its tables are");
  const each = (bytes: string, of: string) => Number(bytes) / Number(of);
  return [
    { name: "store, an event", unit: "bytes", value: each(row.event_bytes, row.events) },
    { name: "rows, an order", unit: "bytes", value: each(row.order_bytes, row.orders) },
  ];
}

/** What is asked of one of the two, each with ids that are there. */
async function asksOf({ stack, sql }: Bench): Promise<Ask[]> {
  const [middle] = await sql<{ id: string; created_at: string }[]>`
    select id, created_at::text from orders
    where created_at >= (select min(created_at) + (max(created_at) - min(created_at)) / 2 from orders)
    order by created_at limit 1`;
  if (!middle) throw new Error("There is no order to ask for");
  const before = encodeURIComponent(new Date(middle.created_at).toISOString());
  const query = (name: string, path: string): Ask => ({ name, ask: () => get(`${stack.queryApi}${path}`) });
  const page = (name: string, path: string): Ask => ({ name, ask: () => get(`${stack.console}${path}`) });
  const deep = await pathOfPage(stack.queryApi, DEEP_PAGES);
  return [
    query("list", "/orders?limit=100"),
    query("list by status", "/orders?limit=100&status=SHIPPED"),
    query("list by payment", "/orders?limit=100&payment=NONE"),
    query("list by customer", "/orders?limit=100&customer=customer-7"),
    query("list by customer and status", "/orders?limit=100&customer=customer-7&status=DELIVERED"),
    query("list before a time", `/orders?limit=100&createdBefore=${before}`),
    query("a page deep in", deep),
    query("stats", "/orders/stats"),
    query("customers", "/customers?limit=100"),
    query("a customer", "/customers/customer-7"),
    query("an order", `/orders/${middle.id}`),
    query("its history", `/orders/${middle.id}/history`),
    query("its past", `/orders/${middle.id}?version=1`),
    query("why it is as it is", `/orders/${middle.id}/why`),
    page("console, overview", "/"),
    page("console, streams", "/streams"),
    page("console, orders", "/orders"),
    page("console, customers", "/customers"),
    page("console, an order", `/orders/${middle.id}`),
    page("console, projections", "/projections"),
    { name: "ops lag", ask: ({ stack: of }) => runOps(of, "lag") },
    // It finds that Kafka has none of the events, which is so.
    { name: "audit of a thousand streams", ask: ({ stack: of }) => runFinder(of, "audit") },
    {
      name: "vacuum after a thousand changes",
      async ask({ sql: of }) {
        await of`update orders set updated_at = updated_at where id in (select id from orders limit 1000)`;
        await of`vacuum orders, events`;
      },
    },
  ];
}

/** Follows the list's own links. */
async function pathOfPage(queryApi: string, pages: number): Promise<string> {
  let path = `/orders?limit=${PAGE}`;
  for (let page = 1; page < pages; page++) {
    const response = await fetch(`${queryApi}${path}`);
    await response.arrayBuffer();
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    if (!next) break;
    path = next;
  }
  return path;
}

async function get(url: string): Promise<void> {
  const response = await fetch(url, { headers: { accept: "*/*" } });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
