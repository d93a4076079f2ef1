import { expect, test } from "bun:test";
import { ownRows } from "../../testing/model-rows.ts";
import { inPartition, storedAs } from "../../testing/stored-as.ts";
import { stockCodec } from "../codec.ts";
import type { StockEvent } from "../decide.ts";
import { stockModel } from "./model.ts";

const { sql, apply } = await ownRows(stockModel);

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

const projected = inPartition(0, storedAs(stockCodec, "stock-sku-1", life));

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
