import { afterAll, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import type { ProjectedEvent } from "@millrace/read-models/read-model";
import { testStack } from "@millrace/testing/stack";
import { stockCodec } from "../codec.ts";
import type { StockEvent } from "../decide.ts";
import { stockModel } from "./model.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  ({ sql, db } = connectPostgres({ url: database.url, name: "test", connectionsMax: 2 }));
  drop = database.drop;
}, 60_000);

afterAll(async () => {
  await sql.end();
  await drop();
});

const life: readonly StockEvent[] = [
  { type: "StockReceived", data: { quantity: 5 } },
  { type: "StockReserved", data: { orderId: "a", quantity: 2 } },
  { type: "StockReserved", data: { orderId: "b", quantity: 1 } },
  { type: "StockReleased", data: { orderId: "b", quantity: 1 } },
  { type: "StockReleased", data: { orderId: "c", quantity: 0 } },
  { type: "StockCommitted", data: { orderId: "a", quantity: 2 } },
  { type: "StockCounted", data: { onHand: 4 } },
];
/** On the shelf and reserved, after each of them. */
const LEVELS = [
  [5, 0],
  [5, 2],
  [5, 3],
  [5, 2],
  [5, 2],
  [3, 0],
  [4, 0],
] as const;

const projected: readonly ProjectedEvent[] = life.map((event, offset) => {
  const { type, schemaVersion, data } = stockCodec.encode(event);
  return {
    event: {
      stream: "stock-sku-1",
      version: offset + 1,
      type,
      schemaVersion,
      at: new Date(Date.UTC(2026, 0, 1, 0, 0, offset)).toISOString(),
      metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
      data: JSON.stringify(data),
    },
    partition: 0,
    offset,
  };
});

const apply = (events: readonly ProjectedEvent[]) => db.transaction((tx) => stockModel.apply(tx, events));

async function document() {
  const [found] = await sql<{ document: string }[]>`select document from stock`;
  return JSON.parse(found?.document ?? "null");
}

test("a row shows what is on the shelf, reserved and available after each event, read back in between", async () => {
  for (const [index, event] of projected.entries()) {
    await apply([event]);
    const [onHand, reserved] = LEVELS[index] ?? [0, 0];
    const available = onHand - reserved;
    expect(await document()).toMatchObject({
      sku: "sku-1",
      onHand,
      reserved,
      available,
      version: index + 1,
    });
  }
});

test("one batch of the same events ends in the same row", async () => {
  const one = await document();
  await sql`truncate stock`;
  await apply(projected);
  expect(await document()).toEqual(one);
});
