import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type SQL, sql as statement } from "drizzle-orm";
import fc from "fast-check";
import type { StoredEvent } from "@millrace/events/envelope";
import { toRecord } from "@millrace/kafka/event-record";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, driverUnder, type Sql, type Tx } from "@millrace/platform/postgres";
import { type Fence, named } from "@millrace/platform/statement";
import { claimCheckpoint } from "@millrace/projector/checkpoint";
import { liveHandler } from "@millrace/projector/projection-handler";
import { createTask } from "@millrace/projector/task";
import {
  EventGap,
  type ProjectedEvent,
  RowsTooLarge,
  type SourceStreams,
} from "@millrace/read-models/read-model";
import { hashOf, parseRowsChanged, type RowsChanged } from "@millrace/read-models/row-changes";
import { ownDatabase } from "@millrace/testing/own-database";
import { propertyRun } from "@millrace/testing/seed";
import { expectedDocument, orderLife, storedEvents } from "../testing/order-lives.ts";
import { ordersModel } from "./model.ts";

const { url: databaseUrl, sql, db } = await ownDatabase();

afterEach(async () => {
  await sql`truncate orders, order_stats`;
});

const apply = (events: readonly ProjectedEvent[]) => db.transaction((tx) => ordersModel.apply(tx, events));

const records = (events: readonly StoredEvent[], partition = 0): ProjectedEvent[] =>
  events.map((event, offset) => ({ event, partition, offset }));

const create = {
  type: "CreateOrder",
  orderId: "one",
  customer: "Alice",
  lines: [],
  amount: 500,
  currency: "USD",
  written: { amount: 5 },
} as const;

describe("rows", () => {
  test("hold the document as text and the columns that readers filter by", async () => {
    await apply(records(storedEvents("one", [create, { type: "ShipOrder" }])));
    const [row] = await sql`
      select id, version, status, payment, customer, amount, currency, deleted, pg_typeof(document)::text as type,
        document, partition, "offset", created_at = '2026-01-01T00:00:00Z' as created,
        updated_at = '2026-01-01T00:00:01Z' as updated from orders`;
    expect(row).toEqual({
      id: "one",
      version: 2,
      status: "SHIPPED",
      payment: "PENDING",
      customer: "Alice",
      amount: "500",
      currency: "USD",
      deleted: false,
      type: "text",
      document:
        '{"id":"one","status":"SHIPPED","payment":"PENDING","customer":"Alice","lines":[],"amount":5,"currency":"USD",' +
        '"version":2,"createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:01.000Z"}',
      partition: 0,
      offset: "1",
      created: true,
      updated: true,
    });
  });

  test("take text that Postgres can't hold as it is, so that no event blocks its partition", async () => {
    const customer = `\0 \ud800 ${"x".repeat(10_000)}`;
    const lines = [{ name: customer, quantity: 1 }];
    const events = storedEvents("one", [{ ...create, customer, lines, written: { customer } }]);
    await apply(records(events));
    const [row] = await sql`select document, length(customer) as length from orders`;
    expect(JSON.parse(row?.document)).toEqual(expectedDocument(events));
    expect(row?.length).toBe(500);
  });

  test("of deleted orders stay, count nowhere, and keep taking events", async () => {
    const commands = [
      create,
      { type: "DeleteOrder" },
      { type: "RecordPayment", paymentId: "one", payment: "COMPLETED" },
    ] as const;
    const events = records(storedEvents("one", commands));
    await apply(events.slice(0, 2));
    await apply(events.slice(2));
    const [row] = await sql`select version, deleted, payment from orders`;
    expect(row).toEqual({ version: 3, deleted: true, payment: "COMPLETED" });
    expect(await stats()).toEqual({});
  });
});

describe("an event that does not follow its row", () => {
  test("throws EventGap and writes nothing, of the whole batch", async () => {
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }, { type: "DeliverOrder" }]));
    const other = records(storedEvents("two", [{ ...create, orderId: "two" }]));
    await apply(life.slice(0, 1));
    const outcome = apply([...other, ...life.slice(2)]).catch((error) => error);
    expect(await outcome).toBeInstanceOf(EventGap);
    expect(await sql`select id, version from orders`).toMatchObject([{ id: "one", version: 1 }]);
    expect(await stats()).toEqual({ "CREATED PENDING": { orders: 1, amount: 500 } });
  });

  test("throws EventGap where there is no row at all", async () => {
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }]));
    expect(await apply(life.slice(1)).catch((error) => error)).toBeInstanceOf(EventGap);
    expect(await sql`select id from orders`).toHaveLength(0);
  });
});

test("a batch whose rows another writer moved after they were read writes nothing", async () => {
  const life = records(storedEvents("one", [create, { type: "ShipOrder" }]));
  await apply(life.slice(0, 1));
  const late = db.transaction(async (tx) => {
    // Between the read and the write of this batch another connection commits.
    const client = driverUnder(tx);
    const unsafe = (...words: Parameters<Sql["unsafe"]>) => {
      const meanwhile = async () => {
        const rows = await client.unsafe(...words);
        await sql`update orders set version = 7`;
        return rows;
      };
      return { execute: meanwhile };
    };
    await ordersModel.apply({ _: { session: { client: { unsafe } } } } as unknown as Tx, life.slice(1));
  });
  expect(await late.catch((error) => String(error))).toContain("changed by another writer");
  expect(await sql`select version, status from orders`).toMatchObject([{ version: 7, status: "CREATED" }]);
});

const fence = (answering: SQL): Fence => ({ moving: answering, moved: answering, values: {} });
const open = fence(statement`select 1`);
const applyAlone = (events: readonly ProjectedEvent[], fence: Fence, on = db) =>
  ordersModel.applyAlone(on, events, {
    fence,
    onNotifyFailed(error) {
      throw error;
    },
  });

describe("alone, in one statement with its fence", () => {
  const closed = fence(statement`select 1 where false`);

  test("applies creations and changes as in a transaction", async () => {
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }, { type: "DeliverOrder" }]));
    expect(await applyAlone(life.slice(0, 1), open)).toBe("applied");
    expect(await applyAlone(life.slice(1), open)).toBe("applied");
    expect(await sql`select version, status from orders`).toMatchObject([
      { version: 3, status: "DELIVERED" },
    ]);
    expect(await stats()).toMatchObject({ "DELIVERED PENDING": { orders: 1, amount: 500 } });
  });

  test("counts what it creates as it leaves it, and deleted orders nowhere", async () => {
    const born = (id: string, ...then: { type: "ShipOrder" | "DeleteOrder" }[]) =>
      storedEvents(id, [{ ...create, orderId: id }, ...then]);
    const batch = [...born("one"), ...born("two"), ...born("three", { type: "ShipOrder" })];
    expect(await applyAlone(records([...batch, ...born("four", { type: "DeleteOrder" })]), open)).toBe(
      "applied",
    );
    expect(await stats()).toEqual({
      "CREATED PENDING": { orders: 2, amount: 1000 },
      "SHIPPED PENDING": { orders: 1, amount: 500 },
    });
  });

  test("writes nothing behind a fence that answers no row", async () => {
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }]));
    expect(await applyAlone(life.slice(0, 1), closed)).toBe("fenced");
    expect(await sql`select id from orders`).toHaveLength(0);
    expect(await stats()).toEqual({});
    await apply(life.slice(0, 1));
    expect(await applyAlone(life.slice(1), closed)).toBe("fenced");
    expect(await sql`select version from orders`).toMatchObject([{ version: 1 }]);
  });

  // Seen to fail with a creation of what is there passed over: the checkpoint would have moved past both.
  test("writes nothing of new rows of which one was there already", async () => {
    const one = records(storedEvents("one", [create]));
    const two = records(storedEvents("two", [{ ...create, orderId: "two" }]));
    await apply(one);
    const before = await stats();
    expect(await applyAlone([...two, ...one], open)).toBe("unsuited");
    expect(await sql`select id from orders`).toMatchObject([{ id: "one" }]);
    expect(await stats()).toEqual(before);
  });

  // Seen to fail without the division: the change was written, the checkpoint would have moved past both.
  test("writes nothing of a batch that changes rows, where one that it creates was there already", async () => {
    const one = records(storedEvents("one", [create]));
    const two = records(storedEvents("two", [{ ...create, orderId: "two" }, { type: "ShipOrder" }]));
    await apply([...one, ...two.slice(0, 1)]);
    const before = await stats();
    expect(await applyAlone([...two.slice(1), ...one], open)).toBe("unsuited");
    expect(await sql`select id, version from orders order by id`).toMatchObject([
      { id: "one", version: 1 },
      { id: "two", version: 1 },
    ]);
    expect(await stats()).toEqual(before);
  });

  test("leaves what it has nothing to write for to the transaction that moves the checkpoint", async () => {
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }]));
    await apply(life);
    expect(await applyAlone(life.slice(1), open)).toBe("unsuited");
  });
});

describe("small events of large orders", () => {
  const ids = Array.from({ length: 12 }, (_, n) => `large-${n}`);
  const lives = ids.map((id) =>
    records(
      storedEvents(id, [
        { ...create, orderId: id, written: { remark: "x".repeat(430_000) } },
        { type: "ShipOrder" },
      ]),
    ),
  );
  const shipped = lives.flatMap((life) => life.slice(1));
  const versions = async () => (await sql`select distinct version from orders`).map(({ version }) => version);

  beforeEach(async () => {
    for (const life of lives) await apply(life.slice(0, 1));
  });

  // Seen to fail without the bound: all twelve were read and written at once, as of a thousand a projector with a
  // container of 512 MiB had 1.4 GB.
  test("are refused where their rows can't be read at once, and nothing of them is written", async () => {
    await expect(apply(shipped)).rejects.toBeInstanceOf(RowsTooLarge);
    await expect(applyAlone(shipped, open)).rejects.toBeInstanceOf(RowsTooLarge);
    expect(await versions()).toEqual([1]);
    await apply(shipped.slice(0, 4));
    await expect(apply(shipped.slice(4, 9))).rejects.toBeInstanceOf(RowsTooLarge);
    for (const one of shipped.slice(4)) await apply([one]);
    expect(await versions()).toEqual([2]);
  });

  // Seen to fail with a batch not halved: its first record was parked.
  test("take effect all the same, each once, in an actor's hands", async () => {
    const key = { projection: "orders", topic: "order-events", partition: 0 };
    const checkpoint = await claimCheckpoint(db, key, "owner");
    const handler = liveHandler(
      ordersModel,
      ordersModel.sources[0] as SourceStreams,
      createLog("test", "silent"),
    );
    const task = createTask({ db, handler, checkpoint, parked: new Set(), attemptsMax: 1, post() {} });
    await task.handle(
      shipped.map(({ event }, offset) => {
        const { key, headers, value } = toRecord(event);
        return { partition: 0, offset, key, headers, value: String(value), timestamp: "0" };
      }),
    );
    expect(task.offset()).toBe(shipped.length);
    expect(task.hasParked()).toBe(false);
    expect(await versions()).toEqual([2]);
    await sql`delete from checkpoints`;
  });
});

describe("one notification a batch", () => {
  const claimed = { projection: "orders", topic: "order-events", partition: 3, epoch: 1 };
  const moving = (from: number, to: number): Fence => {
    const values = { from, to };
    const at = statement`update checkpoints set "offset" = ${named("to")}
      where projection = 'orders' and topic = 'order-events' and partition = 3 and "offset" = ${named("from")} returning 1`;
    const moved = statement`select 1 from checkpoints
      where projection = 'orders' and topic = 'order-events' and partition = 3 and "offset" = ${named("to")}`;
    return { moving: at, moved, values };
  };

  /** As an actor has it: what is sent together comes on one connection, in that order. */
  const connect = () => connectPostgres({ url: databaseUrl, name: "test", connectionsMax: 1 });

  beforeEach(async () => {
    await sql`insert into checkpoints ${sql({ ...claimed, offset: 0, owner: "test" })}`;
  });
  afterEach(async () => {
    await sql`delete from checkpoints`;
  });

  // Seen to fail with the notification sent whether the fence had moved or not: the late owner's batch was heard of.
  test("names the rows by their hashes where its checkpoint moved, and else does not come at all", async () => {
    const one = connect();
    const heard: RowsChanged[] = [];
    const { unlisten } = await sql.listen("millrace_rows", (payload) =>
      heard.push(parseRowsChanged(payload)),
    );
    const life = records(storedEvents("one", [create, { type: "ShipOrder" }]), 3);
    expect(await applyAlone(life.slice(0, 1), moving(0, 1), one.db)).toBe("applied");
    expect(await applyAlone(life.slice(1), moving(7, 8), one.db)).toBe("fenced");
    expect(await applyAlone(life.slice(0, 1), moving(1, 2), one.db)).toBe("unsuited");
    await sql`select pg_notify('millrace_rows', '{"projection":"end"}')`;
    while (heard.at(-1)?.projection !== "end") await Bun.sleep(5);
    await unlisten();
    await one.sql.end();
    expect(heard.slice(0, -1)).toEqual([{ projection: "orders", hashes: [hashOf("one")] }]);
  });

  // Seen to fail where the notification's failure was the batch's: it was committed, and taken for failed.
  test("that can't be sent, as where the queue is full, fails nothing that is committed", async () => {
    await sql`create schema full_queue`;
    await sql`create function full_queue.pg_notify(text, text) returns void language plpgsql as $$
      begin raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$`;
    const one = connect();
    await one.sql`set search_path = full_queue, pg_catalog, public`;
    const failures: unknown[] = [];
    const life = records(storedEvents("one", [create]), 3);
    const outcome = await ordersModel.applyAlone(one.db, life, {
      fence: moving(0, 1),
      onNotifyFailed: (error) => failures.push(error),
    });
    await one.sql.end();
    await sql`drop schema full_queue cascade`;
    expect([outcome, failures.length]).toEqual(["applied", 1]);
    expect(await sql`select id from orders`).toMatchObject([{ id: "one" }]);
  });
});

test("changes are numbered in the order in which a partition's batches commit, retried records included", async () => {
  const one = records(storedEvents("one", [create, { type: "ShipOrder" }]));
  const two = records(storedEvents("two", [{ ...create, orderId: "two" }]));
  await apply(one.slice(0, 1));
  await apply(two.map((record) => ({ ...record, offset: 99 })));
  // Parked at offset 1 and retried after offset 99 was applied.
  await apply(one.slice(1));
  const rows = await sql`select id, "offset" from orders order by change`;
  expect(rows).toMatchObject([
    { id: "two", offset: "99" },
    { id: "one", offset: "1" },
  ]);
});

describe("however a partition's records are cut into batches and delivered again", () => {
  /** As a partition's actor does. */
  const applyAloneOrNot = async (events: readonly ProjectedEvent[]) => {
    if ((await applyAlone(events, open)) === "unsuited") await apply(events);
  };

  test.each([
    ["in transactions", apply],
    ["alone where that suits", applyAloneOrNot],
  ])(
    "rows and stats are what the events say, exactly: %s",
    async (_, applying) => {
      await fc.assert(
        fc
          .asyncProperty(delivery(), async ({ events, batches }) => {
            for (const { from, to } of batches) await applying(events.slice(from, to));
            expect(await documents()).toEqual(expectedDocuments(events));
            expect(await stats()).toEqual(expectedStats(events));
          })
          .afterEach(async () => {
            await sql`truncate orders, order_stats`;
          }),
        propertyRun(60),
      );
    },
    120_000,
  );
});

interface Delivery {
  readonly events: ProjectedEvent[];
  /** Each starts where the one before ended, or earlier. */
  readonly batches: readonly { from: number; to: number }[];
}

/** A few orders whose events are interleaved, cut at random, with any suffix of what was delivered again. */
function delivery(): fc.Arbitrary<Delivery> {
  const lives = fc.tuple(orderLife("one"), orderLife("two"), orderLife("three"));
  const order = fc.array(fc.nat(2), { minLength: 20, maxLength: 60 });
  const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), again: fc.nat(15) }), {
    minLength: 60,
  });
  return fc.tuple(lives, order, cuts).map(([remaining, picks, sizes]) => {
    const queues = remaining.map((life) => [...life]);
    const interleaved = picks.flatMap((pick) => queues[pick]?.shift() ?? []);
    const events = records([...interleaved, ...queues.flat()]);
    const batches: { from: number; to: number }[] = [];
    let done = 0;
    for (const { size, again } of sizes) {
      if (done >= events.length) break;
      const from = Math.max(0, done - again);
      const to = Math.min(events.length, done + size);
      batches.push({ from, to });
      done = to;
    }
    return { events, batches };
  });
}

function livesOf(events: readonly ProjectedEvent[]): StoredEvent[][] {
  return [...Map.groupBy(events, ({ event }) => event.stream).values()].map((life) =>
    life.map(({ event }) => event),
  );
}

function expectedDocuments(events: readonly ProjectedEvent[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const life of livesOf(events)) {
    const document = expectedDocument(life);
    if (document) found[String(document.id)] = document;
  }
  return found;
}

function expectedStats(
  events: readonly ProjectedEvent[],
): Record<string, { orders: number; amount: number }> {
  const cells: Record<string, { orders: number; amount: number }> = {};
  for (const life of livesOf(events)) {
    const document = expectedDocument(life);
    if (!document) continue;
    const name = `${document.status} ${document.payment}`;
    const { orders, amount } = cells[name] ?? { orders: 0, amount: 0 };
    cells[name] = { orders: orders + 1, amount: amount + amountOf(life) };
  }
  return cells;
}

function amountOf(life: readonly StoredEvent[]): number {
  const amounts = life.map((event) => JSON.parse(event.data).amount as number | undefined);
  return amounts.findLast((amount) => amount !== undefined) ?? 0;
}

async function documents(): Promise<Record<string, unknown>> {
  const rows = await sql`select id, document from orders where not deleted`;
  return Object.fromEntries(rows.map((row) => [row.id, JSON.parse(row.document)]));
}

async function stats(): Promise<Record<string, { orders: number; amount: number }>> {
  const rows = await sql`
    select status || ' ' || payment as cell, sum(orders)::float8 as orders, sum(amount)::float8 as amount
    from order_stats group by 1 having sum(orders) <> 0 or sum(amount) <> 0`;
  return Object.fromEntries(rows.map(({ cell, orders, amount }) => [cell, { orders, amount }]));
}
