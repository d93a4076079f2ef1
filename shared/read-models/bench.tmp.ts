import { orderCodec } from "@millrace/contract/order-codec";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres } from "@millrace/platform/postgres";
import { next, ordersProjection } from "./orders/projection.ts";
import type { ProjectedEvent } from "./read-model.ts";

const admin = connectPostgres({
  url: "postgres://millrace@127.0.0.1:55432/postgres",
  name: "a",
  connectionsMax: 1,
});
await admin.sql.unsafe("drop database if exists bench with (force)");
await admin.sql.unsafe("create database bench");
const url = "postgres://millrace@127.0.0.1:55432/bench";
await migrate(url);
const { sql, db } = connectPostgres({ url, name: "b", connectionsMax: 2 });
let offset = 0;
const created = (): ProjectedEvent => {
  const id = crypto.randomUUID();
  const e = orderCodec.encode({
    type: "OrderCreated",
    data: {
      orderId: id,
      customer: "Alice",
      lines: [
        { name: "pen", quantity: 1 },
        { name: "notebook", quantity: 1 },
      ],
      amount: 0,
      currency: "USD",
      written: { customer: "Alice", items: ["pen", "notebook"] },
    },
  });
  return {
    event: {
      stream: `order-${id}`,
      version: 1,
      type: e.type,
      schemaVersion: 1,
      at: new Date().toISOString(),
      metadata: { actor: "x", correlationId: "c", causationId: "d" },
      data: JSON.stringify(e.data),
    },
    partition: 0,
    offset: offset++,
  };
};
const batches = Array.from({ length: 200 }, () => Array.from({ length: 500 }, created));
// pure
for (let r = 0; r < 3; r++) {
  const t0 = performance.now();
  for (const b of batches) for (const e of b) next(undefined, e);
  console.log("next µs/order", ((performance.now() - t0) * 1000) / 100000);
}
const fake = {
  execute: async (q: any) => {
    const { params } = (db as any).dialect.sqlToQuery(q);
    return [{ inserted: 500, updated: 0, n: params.length }];
  },
} as any;
for (let r = 0; r < 3; r++) {
  const t0 = performance.now();
  for (const b of batches) await ordersProjection.apply(fake, b);
  console.log("apply, no postgres µs/order", ((performance.now() - t0) * 1000) / 100000);
}
const cpu0 = process.cpuUsage();
const t0 = performance.now();
for (const b of batches) await db.transaction((tx) => ordersProjection.apply(tx, b));
const cpu = process.cpuUsage(cpu0);
console.log(
  "with postgres: wall µs/order",
  ((performance.now() - t0) * 1000) / 100000,
  "js cpu µs/order",
  (cpu.user + cpu.system) / 100000,
);
const t1 = performance.now();
for (const b of batches.slice(0, 50)) await db.transaction((tx) => ordersProjection.apply(tx, b));
console.log("redelivery wall µs/order", ((performance.now() - t1) * 1000) / 25000);
const lat: number[] = [];
for (let i = 0; i < 500; i++) {
  const e = created();
  const s = performance.now();
  await db.transaction((tx) => ordersProjection.apply(tx, [e]));
  lat.push(performance.now() - s);
}
lat.sort((a, b) => a - b);
console.log("single p50", lat[250], "p99", lat[495]);
console.log(await sql`select * from order_stats`, (await sql`select document from orders limit 1`)[0]);
await sql.end();
await admin.sql.end();
