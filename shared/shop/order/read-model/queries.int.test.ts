import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import {
  changeOf,
  changesSince,
  latestChanges,
  type Position,
  presentPosition,
} from "@millrace/read-models/changes";
import type { PageEnd, PageQuery } from "@millrace/read-models/page";
import { whole, withinBytes } from "@millrace/read-models/within-bytes";
import { testStack } from "@millrace/testing/stack";
import { storedEvents } from "../testing/order-lives.ts";
import { ordersModel } from "./model.ts";

/** Enough that a scan or a sort of all of them is never the cheaper plan. */
const ORDERS = 100_000;
/** Each status, payment and customer that is asked for has few of the orders, as in a shop that has run a while. */
const CUSTOMERS = 499;

type Filters = Readonly<Record<string, string>>;

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;
let statements: { text: string }[] = [];

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  ({ sql, db } = connectPostgres({ url: database.url, name: "test", connectionsMax: 4 }));
  sql.options.debug = (_connection, text) => statements.push({ text });
  drop = database.drop;
  await sql`
    insert into orders (id, version, status, payment, customer, amount, currency, created_at, updated_at, deleted,
      document, partition, "offset")
    select 'order ' || n, 1, coalesce((array['CREATED', 'SHIPPED', 'CANCELLED'])[n % 101], 'DELIVERED'),
      coalesce((array['PENDING', 'FAILED', 'UNKNOWN', 'REFUNDED'])[n % 103], 'COMPLETED'),
      'customer ' || n % ${CUSTOMERS}::integer, n, 'USD', timestamptz '2026-01-01' + (n / 3) * interval '1 second',
      now(), n % 50 = 0, '{"id":"order ' || n || '"}', n % 4, n
    from generate_series(1, ${ORDERS}::integer) as n`;
  await sql`vacuum analyze orders`;
}, 120_000);

afterAll(async () => {
  await sql.end();
  await drop();
});

const reader = () => ({ sql, currency: "USD" });

const list = (page: PageQuery, filters: Filters) => ordersModel.shown.list(reader(), { ...page, filters });

describe("a page of orders", () => {
  const middle = "2026-01-01T05:00:00.000Z";
  const single: [string, Filters, string][] = [
    ["no filter", {}, "orders_newest"],
    ["status", { status: "SHIPPED" }, "orders_by_status"],
    ["payment", { payment: "FAILED" }, "orders_by_payment"],
    ["customer", { customer: "customer 7" }, "orders_by_customer"],
    ["createdAfter", { createdAfter: middle }, "orders_newest"],
    ["createdBefore", { createdBefore: middle }, "orders_newest"],
  ];
  for (const [name, filter, index] of single) {
    test(`by ${name} is read from its index in the order of the list, without a sort`, async () => {
      for (const plan of await plansOf(filter)) {
        expect(plan).toContain(`Index Scan Backward using ${index} `);
        expect(plan).not.toContain("Sort");
      }
    });
  }

  const combined: [string, Filters][] = [
    ["status and payment", { status: "SHIPPED", payment: "COMPLETED" }],
    ["customer and status", { customer: "customer 7", status: "DELIVERED" }],
    [
      "a time span of a customer",
      { customer: "customer 7", createdAfter: "2026-01-01T01:00:00Z", createdBefore: middle },
    ],
    [
      "everything",
      { status: "DELIVERED", payment: "PENDING", customer: "customer 1", createdBefore: middle },
    ],
  ];
  for (const [name, filter] of combined) {
    // What is left may be sorted: it is less than a page or two, which Postgres knows and prefers.
    test(`by ${name} is read from an index of one of them, never by going through all orders`, async () => {
      for (const plan of await plansOf(filter)) {
        expect(plan).toMatch(/orders_by_(status|payment|customer)/);
        expect(plan).not.toContain("Seq Scan");
      }
    });
  }

  test("holds what meets every filter, newest first, and nothing that is deleted", async () => {
    const page = await list({ limit: 50 }, { status: "DELIVERED", customer: "customer 5" });
    const expected = await sql`
      select document from orders where status = 'DELIVERED' and customer = 'customer 5' and not deleted
      order by created_at desc, id desc limit 50`;
    expect(page.documents).toEqual(expected.map((row) => row.document));
    expect(page.documents).toHaveLength(50);
  });

  test("never skips or repeats an order while others are written", async () => {
    const before = await sql`select id from orders where not deleted and customer = 'customer 7'`;
    const seen: string[] = [];
    let after: PageEnd | undefined;
    for (let pages = 0; pages === 0 || after; pages++) {
      const page = await list({ limit: 7, ...(after ? { after } : {}) }, { customer: "customer 7" });
      seen.push(...page.documents.map((document) => JSON.parse(document).id));
      after = page.next;
      await project(`new ${pages}`, "customer 7");
    }
    expect(seen.toSorted()).toEqual(before.map((row) => row.id).toSorted());
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("ends where the orders end, with as many as fit", async () => {
    const all = await sql`select id from orders where not deleted and customer = 'customer 8'`;
    expect((await list({ limit: all.length }, { customer: "customer 8" })).next).toBeUndefined();
    expect((await list({ limit: all.length - 1 }, { customer: "customer 8" })).next).toBeDefined();
    expect(await list({ limit: 1 }, { customer: "nobody" })).toEqual({ documents: [] });
  });
});

describe("documents of 430 kB", () => {
  const ids = Array.from({ length: 12 }, (_, index) => `heavy ${String(index).padStart(2, "0")}`);
  let before: Position;

  beforeAll(async () => {
    before = await presentPosition(sql, "orders");
    for (const [index, id] of ids.entries()) await project(id, "heavy", "x".repeat(430_000), index % 3);
  });

  // Seen to fail without the bound: the first page had all twelve.
  test("make a page end at 2 MB, with the way to the rest, each once", async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    let after: PageEnd | undefined;
    do {
      const page = await list({ limit: 1_000, ...(after ? { after } : {}) }, { customer: "heavy" });
      seen.push(...page.documents.map((document) => JSON.parse(document).id));
      sizes.push(page.documents.length);
      after = page.next;
    } while (after);
    expect(seen).toEqual(ids.toReversed());
    expect(sizes).toEqual([4, 4, 4]);
  });

  test("are answered one at a time where one alone is more", async () => {
    const found = sql`select id, document as whole from orders where customer = 'heavy'`;
    const rows = await sql`select id, document from ${withinBytes(sql, found, sql`id`, 1_000)} as page`;
    expect(rows).toHaveLength(12);
    expect(whole(rows as unknown as { id: string; document: string | null }[])).toMatchObject([
      { id: "heavy 00" },
    ]);
  });

  // Seen to fail without the bound: a statement for two hundred of them answered 86 MB.
  test("come with no lookup, but alone", async () => {
    const lookup = ordersModel.shown.lookup(reader());
    expect(await lookup.find("heavy 00")).toEqual({
      id: "heavy 00",
      version: 1,
      deleted: false,
      document: null,
    } as never);
    expect((await lookup.whole("heavy 00"))?.document.length).toBeGreaterThan(430_000);
    expect([await lookup.whole("none"), await lookup.whole("\0")]).toEqual([undefined, undefined]);
  });

  // Seen to fail without the bound: one read had all twelve.
  test("are followed in reads of 2 MB, which take from all partitions and miss none", async () => {
    const position = new Map(before);
    const seen: string[] = [];
    for (let more = true, reads = 0; more; reads++) {
      const changes = await changesSince(sql, "orders", position);
      expect(changes.rows.length).toBe([4, 4, 4][reads] as number);
      if (reads === 0) expect(new Set(changes.rows.map(({ partition }) => partition)).size).toBe(3);
      for (const { partition, change, id } of changes.rows) {
        position.set(partition, change);
        seen.push(id);
      }
      more = changes.more;
    }
    expect(seen.toSorted()).toEqual(ids);
    expect(await latestChanges(sql, "orders", 50)).toHaveLength(4);
  });
});

describe("lookups by id", () => {
  test("of one turn of the event loop share one statement, and each gets its own row", async () => {
    const sizes: number[] = [];
    const { find } = ordersModel.shown.lookup(reader(), (ids) => sizes.push(ids));
    const ids = ["order 1", "order 2", "order 1", "no such order", "order 50", "with \0", "\ud800"];
    const rows = await Promise.all(ids.map((id) => find(id)));
    expect(rows.map((row) => row?.document)).toEqual([
      '{"id":"order 1"}',
      '{"id":"order 2"}',
      '{"id":"order 1"}',
      undefined,
      '{"id":"order 50"}',
      undefined,
      undefined,
    ]);
    expect(rows[4]?.deleted).toBe(true);
    expect(sizes).toEqual([4]);
  });
});

describe("changes", () => {
  test("since a position are read by index, every one once, however many there are", async () => {
    const start = new Map([0, 1, 2, 3].map((partition) => [partition, 90_000]));
    const position = new Map(start);
    const seen: string[] = [];
    for (let more = true; more; ) {
      const changes = await changesSince(sql, "orders", position);
      for (const { partition, change, id } of changes.rows) {
        expect(change).toBeGreaterThan(position.get(partition) ?? 0);
        position.set(partition, change);
        seen.push(id);
      }
      more = changes.more;
    }
    const expected = await sql`select id from orders where change > 90000`;
    expect(seen.toSorted()).toEqual(expected.map((row) => row.id).toSorted());
    expect(position).toEqual(new Map(await presentPosition(sql, "orders")));
    const plan = await planOf(() => changesSince(sql, "orders", start));
    expect(plan).toContain("orders_by_change");
    expect(plan).not.toContain("Seq Scan");
  });

  test("of a partition that the position does not name are read from its start", async () => {
    const { rows } = await changesSince(
      sql,
      "orders",
      new Map([0, 1, 2].map((partition) => [partition, 10 ** 9])),
    );
    expect(new Set(rows.map((row) => row.partition))).toEqual(new Set([3]));
  });

  test("show an order at its last change", async () => {
    const before = await presentPosition(sql, "orders");
    await project("changed", "customer 9");
    const { rows } = await changesSince(sql, "orders", before);
    expect(rows.map((row) => row.id)).toEqual(["changed"]);
    expect(await changeOf(sql, "orders", "changed")).toEqual(rows[0]);
    expect(await changeOf(sql, "orders", "no such order")).toBeUndefined();
  });
});

async function project(id: string, customer: string, note = "", partition = 0): Promise<void> {
  const create = {
    type: "CreateOrder" as const,
    orderId: id,
    customer,
    lines: [],
    amount: 0,
    currency: "USD",
    written: { note },
  };
  const at = new Date().toISOString();
  const events = storedEvents(id, [create]).map((event) => ({
    event: { ...event, at },
    partition,
    offset: 0,
  }));
  await db.transaction((tx) => ordersModel.apply(tx, events));
}

/** The plans of the first page and of one further on. */
async function plansOf(filter: Filters): Promise<string[]> {
  const after = { createdAtMs: Date.parse("2026-01-01T08:00:00.000Z"), id: "order 9" };
  return [
    await planOf(() => list({ limit: 100 }, filter)),
    await planOf(() => list({ limit: 100, after }, filter)),
  ];
}

/** The plan of the one statement that the read makes, whatever values it gives: the query API plans once (`PLANNED_ONCE`). */
async function planOf(read: () => Promise<unknown>): Promise<string> {
  statements = [];
  await read();
  const [statement] = statements;
  if (!statement) throw new Error("no statement was made");
  const rows = await sql.unsafe(`explain (generic_plan) ${statement.text}`);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
