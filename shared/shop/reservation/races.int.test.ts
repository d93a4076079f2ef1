// Stock under a rush: more orders than there is, processes that are run twice and break off anywhere.
import { expect, test } from "bun:test";
import { streamName } from "@millrace/events/envelope";
import { findTask } from "@millrace/processes/operate";
import { openStage } from "@millrace/processes/testing/stage";
import type { Appender } from "@millrace/store/appender";
import { transact } from "@millrace/store/transact";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { orderCodec } from "../order/codec.ts";
import type { OrderCommand } from "../order/commands.ts";
import { orderDecider } from "../order/decide.ts";
import type { ExistingOrder } from "../order/state.ts";
import { callsOf, payments, paymentsDefinition } from "../payment/payments.ts";
import { createSimulatedGateway } from "../payment/simulated-gateway.ts";
import { simulatedGatewayCharges } from "../payment/simulated-gateway-table.ts";
import { stockCodec } from "../stock/codec.ts";
import { ENDED_MAX, type StockCommand, stockDecider } from "../stock/decide.ts";
import { reservationCalls, reservations, reservationsDefinition } from "./reservations.ts";

const stage = await onOwnDatabase(openStage);

const metadata = { actor: "test", correlationId: "test", causationId: "test" };
const orders = { decider: orderDecider, codec: orderCodec };
const stocks = { decider: stockDecider, codec: stockCodec };
const order = (aggregateId: string, command: OrderCommand) =>
  transact(stage.store, orders, { aggregateId, commands: [command], metadata });
const stock = (aggregateId: string, ...commands: [StockCommand, ...StockCommand[]]) =>
  transact(stage.store, stocks, { aggregateId, commands, metadata });

async function orderOf(orderId: string): Promise<ExistingOrder> {
  const events = await stage.store.loader.load(streamName("order", orderId));
  const state = events
    .map((event) => orderCodec.decode(event))
    .reduce(orderDecider.evolve, orderDecider.initialState);
  if (!state.exists) throw new Error(`There is no order ${orderId}`);
  return state;
}

async function stockEvents(sku: string) {
  const events = await stage.store.loader.load(streamName("stock", sku));
  return events.map((event) => stockCodec.decode(event));
}

async function deliver(orderId: string): Promise<void> {
  const stream = streamName("order", orderId);
  await Promise.all([stage.deliver(reservations, stream), stage.deliver(payments, stream)]);
}

/** Breaks off after every tenth append or so: what was appended is there, and its process does not hear of it. */
function breaking(own: Appender): Appender {
  let appends = 0;
  return {
    ...own,
    async append(...asked) {
      const appended = await own.append(...asked);
      if (++appends % 10 === 0) throw new Error("killed after the append");
      return appended;
    },
  };
}

const SKUS = 50;
const CLIENTS = 1_000;
/** What the simulated gateway declines. */
const DECLINED = 1313_01;

// Seen to fail: `reserve` of the stock without the line that compares with what is available; payments without `isUnreserved`.
test("of fifty SKUs of one unit a thousand clients get no more than there is, and nobody pays for what they don't get", async () => {
  const skus = Array.from({ length: SKUS }, (_, index) => `sku-${index}`);
  await Promise.all(skus.map((sku) => stock(sku, { type: "ReceiveStock", quantity: 1 })));
  const gateway = createSimulatedGateway({ db: stage.db, lateMs: 600 });
  for (const appender of [breaking, (own: Appender) => own]) {
    stage.dispatch(
      reservationsDefinition,
      { settings: undefined, calls: reservationCalls },
      { appender, callMsMax: 5_000 },
    );
    stage.dispatch(paymentsDefinition, { settings: { dueMs: undefined }, calls: callsOf(gateway) }, {});
  }

  const ids = Array.from({ length: CLIENTS }, (_, index) => `client-${index}`);
  await Promise.all(
    ids.map(async (orderId, index) => {
      // One in three wants two of them, and they meet in either order.
      const wanted = index % 3 === 0 ? [index, index * 7 + 1] : [index];
      const goods = [...new Set(wanted.map((each) => `sku-${each % SKUS}`))]
        .sort()
        .map((sku) => ({ sku, quantity: 1 }));
      const amount = index % 5 === 0 ? DECLINED : 41_00;
      const content = { customer: orderId, lines: [], amount, currency: "USD", written: {} };
      await order(orderId, { type: "CreateOrder", orderId, ...content, goods });
      await deliver(orderId);
      if (index % 7 === 0) await order(orderId, { type: "CancelOrder" });
    }),
  );

  // Kafka's part: whatever was appended meanwhile reaches the processes, until nothing follows from it any more.
  const open = new Set(ids);
  await eventually(
    async () => {
      // One after another: all at once would hold up the processes' own connections.
      for (const orderId of [...open]) {
        if (isSettled(await orderOf(orderId))) open.delete(orderId);
        else await deliver(orderId);
      }
      expect(open.size).toBe(0);
    },
    { withinMs: 120_000 },
  );

  const states = await Promise.all(ids.map(orderOf));
  const having = states.filter(({ stock }) => stock?.stage === "RESERVED");
  for (const { status, payment, stock } of states) {
    if (stock?.stage === "RESERVED")
      expect({ status, payment }).toEqual({ status: "CREATED", payment: "COMPLETED" });
    else expect(stock?.stage).toBe("RELEASED");
    if (stock?.shortOf !== undefined)
      expect({ status, payment }).toEqual({ status: "CANCELLED", payment: "FAILED" });
  }
  // Each unit is one order's at most, and what nobody has in the end is there again.
  for (const sku of skus) {
    const state = (await stockEvents(sku)).reduce(stockDecider.evolve, stockDecider.initialState);
    const owners = having.filter(({ stock }) => stock?.goods.some((each) => each.sku === sku));
    expect(state.exists && state.reservations).toEqual(
      owners.map(({ orderId }) => ({ orderId, quantity: 1 })),
    );
    expect(owners.length).toBeLessThanOrEqual(1);
  }
  expect(having.length).toBeGreaterThan(0);
  const books = await stage.db.select().from(simulatedGatewayCharges);
  const kept = books.filter(({ taken, refunded }) => taken > refunded).map(({ paymentId }) => paymentId);
  expect(kept.sort()).toEqual(having.map(({ orderId }) => orderId).sort());
}, 240_000);

/** Nothing more follows by itself. */
function isSettled({ stock, payment }: ExistingOrder): boolean {
  if (stock?.stage === "RESERVED") return payment === "COMPLETED";
  return stock?.stage === "RELEASED" && (payment === "FAILED" || payment === "REFUNDED");
}

test("what was shipped leaves the shelf, once, though it is delivered again and again", async () => {
  await stock("book", { type: "ReceiveStock", quantity: 5 });
  stage.dispatch(
    reservationsDefinition,
    { settings: undefined, calls: reservationCalls },
    { callMsMax: 5_000 },
  );
  const content = { customer: "Alice", lines: [], amount: 0, currency: "USD", written: {} };
  const goods = [{ sku: "book", quantity: 2 }];
  await order("shipped", { type: "CreateOrder", orderId: "shipped", ...content, goods });
  const reaches = async (expected: string) => {
    await deliver("shipped");
    expect((await orderOf("shipped")).stock?.stage).toBe(expected as never);
  };
  await eventually(() => reaches("RESERVED"), { withinMs: 20_000 });
  await order("shipped", { type: "ShipOrder" });
  await eventually(() => reaches("COMMITTED"), { withinMs: 20_000 });
  await reaches("COMMITTED");
  expect((await stockEvents("book")).map(({ type }) => type)).toEqual([
    "StockReceived",
    "StockReserved",
    "StockCommitted",
  ]);
}, 60_000);

/** An order of one SKU that has its goods and was shipped, of which the process has not heard yet. */
async function shippedOrder(orderId: string, sku: string): Promise<void> {
  await stock(sku, { type: "ReceiveStock", quantity: 1 }, { type: "ReserveStock", orderId, quantity: 1 });
  const content = { customer: "Alice", lines: [], amount: 0, currency: "USD", written: {} };
  await order(orderId, { type: "CreateOrder", orderId, ...content, goods: [{ sku, quantity: 1 }] });
  await order(orderId, { type: "RecordStockReserved" });
  await order(orderId, { type: "ShipOrder" });
}

// Seen to fail: `settlingEach` without `wasDone` is stuck.
test("what has left the shelf longer ago than the shelf remembers is done, and not asked for for ever", async () => {
  await shippedOrder("forgotten", "rush");
  await stock("rush", { type: "CommitStock", orderId: "forgotten" });
  for (let ended = 0; ended < ENDED_MAX; ended += 100) {
    const releases = Array.from(
      { length: 100 },
      (_, index): StockCommand => ({ type: "ReleaseStock", orderId: `other-${ended + index}` }),
    );
    await stock("rush", ...(releases as [StockCommand, ...StockCommand[]]));
  }
  expect(await stock("rush", { type: "CommitStock", orderId: "forgotten" })).toMatchObject({
    refusal: { code: "stock_not_reserved" },
  });
  stage.dispatch(
    reservationsDefinition,
    { settings: undefined, calls: reservationCalls },
    { callMsMax: 5_000 },
  );
  await deliver("forgotten");
  await eventually(async () => expect((await orderOf("forgotten")).stock?.stage).toBe("COMMITTED"), {
    withinMs: 20_000,
  });
}, 60_000);

// Seen to fail: `settlingEach` that throws for a refusal is asked again and again, and no person hears of it.
test("a shelf that says something else than the order asks for a person", async () => {
  await shippedOrder("contradicted", "given-away");
  await stock("given-away", { type: "ReleaseStock", orderId: "contradicted" });
  stage.dispatch(
    reservationsDefinition,
    { settings: undefined, calls: reservationCalls },
    { callMsMax: 5_000 },
  );
  await deliver("contradicted");
  const stuckReason =
    "SettleStock on order-contradicted was refused: order_stock_contradicted, after commit answered stock_reservation_ended";
  await eventually(
    async () =>
      expect(await findTask(stage.sql, "reservations", "contradicted")).toMatchObject({
        state: "stuck",
        stuckReason,
      }),
    { withinMs: 20_000 },
  );
}, 60_000);
