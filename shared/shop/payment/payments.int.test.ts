import { describe, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { openShop } from "./testing/payments-shop.ts";

const shop = await onOwnDatabase(openShop);
// No net: what isn't notified or due at a known time would not be found.
shop.dispatch({ pollMs: 60_000 });
/** Another one, in which nobody but its own dispatchers looks at orders. */
const timed = await onOwnDatabase(openShop);

async function ordered(amount: number): Promise<string> {
  const orderId = await shop.createOrder(amount);
  await shop.deliver(orderId);
  return orderId;
}

async function callOff(orderId: string, type: "CancelOrder" | "DeleteOrder"): Promise<void> {
  expect(await shop.command(orderId, { type })).toBe("accepted");
  await shop.deliver(orderId);
}

function comesTo(orderId: string, payment: string[], order: string) {
  return eventually(async () => {
    expect(await shop.story(orderId)).toEqual({ payment, order });
  });
}

const nothingLeft = () => eventually(async () => expect(await shop.tasks()).toBe(0));

describe("paying", () => {
  // Seen to fail without pg_notify in the handler's statement: the order waited for the net.
  test("an order with an amount is charged once, well within a second, and shows it", async () => {
    const startedAt = performance.now();
    const orderId = await ordered(500_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    expect(performance.now() - startedAt).toBeLessThan(700);
    expect(await shop.ledger(500_00)).toMatchObject([{ paymentId: orderId, chargeCalls: 1, taken: 1 }]);
    await nothingLeft();
  });

  test("every event says who, in which conversation, and what it followed from", async () => {
    const orderId = await ordered(20_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await callOff(orderId, "CancelOrder");
    await nothingLeft();
    const events = [...(await shop.eventsOf("payment", orderId)), ...(await shop.eventsOf("order", orderId))];
    const caused = events.map(({ type, metadata }) => [type, metadata.causationId]);
    expect(caused).toEqual([
      ["PaymentRequested", `order-${orderId}@1`],
      ["PaymentCompleted", `payment-${orderId}@1`],
      ["PaymentRefundRequested", `order-${orderId}@3`],
      ["PaymentRefunded", `payment-${orderId}@3`],
      ["OrderCreated", "test"],
      ["OrderPaymentRecorded", `payment-${orderId}@2`],
      ["OrderCancelled", "test"],
      ["OrderPaymentRecorded", `payment-${orderId}@4`],
    ]);
    expect(new Set(events.map(({ metadata }) => metadata.correlationId))).toEqual(
      new Set([`request of ${orderId}`]),
    );
  });

  test("a declined charge fails the payment and takes nothing", async () => {
    const orderId = await ordered(1313_01);
    await comesTo(orderId, ["PaymentRequested", "PaymentFailed"], "FAILED");
    expect(await shop.ledger(1313_01)).toMatchObject([{ taken: 0, chargeCalls: 1 }]);
    await nothingLeft();
  });

  // Seen to fail with tasks forgotten at "later": UNKNOWN stayed.
  test("a charge whose answer was lost is unknown, then settled by asking, and charged once", async () => {
    const orderId = await ordered(1313_02);
    await comesTo(orderId, ["PaymentRequested", "PaymentOutcomeUnknown", "PaymentCompleted"], "COMPLETED");
    expect(await shop.ledger(1313_02)).toMatchObject([{ taken: 1, chargeCalls: 1 }]);
    const said = (await shop.eventsOf("order", orderId)).map(({ data }) => JSON.parse(data).payment);
    expect(said).toEqual([undefined, "UNKNOWN", "COMPLETED"]);
    await nothingLeft();
  });

  test("a charge that the gateway never heard of is asked for again under the same key", async () => {
    const orderId = await ordered(1313_03);
    await comesTo(orderId, ["PaymentRequested", "PaymentOutcomeUnknown", "PaymentCompleted"], "COMPLETED");
    expect(await shop.ledger(1313_03)).toMatchObject([{ paymentId: orderId, taken: 1, chargeCalls: 2 }]);
  });

  test("a charge that goes through after its time has run out is completed and not made again", async () => {
    const orderId = await ordered(1313_04);
    await comesTo(orderId, ["PaymentRequested", "PaymentOutcomeUnknown", "PaymentCompleted"], "COMPLETED");
    expect(await shop.ledger(1313_04)).toMatchObject([{ taken: 1, chargeCalls: 1 }]);
  });

  test("events that come again change nothing", async () => {
    const orderId = await ordered(21_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await shop.deliver(orderId);
    await nothingLeft();
    expect(await shop.ledger(21_00)).toMatchObject([{ taken: 1, chargeCalls: 1 }]);
    expect((await shop.story(orderId)).payment).toHaveLength(2);
  });
});

describe("giving back", () => {
  test("cancelling a paid order refunds it once", async () => {
    const orderId = await ordered(22_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await callOff(orderId, "CancelOrder");
    const refunded = ["PaymentRequested", "PaymentCompleted", "PaymentRefundRequested", "PaymentRefunded"];
    await comesTo(orderId, refunded, "REFUNDED");
    await shop.deliver(orderId);
    await nothingLeft();
    expect(await shop.ledger(22_00)).toMatchObject([{ taken: 1, refunded: 1, refundCalls: 1 }]);
  });

  test("deleting a paid order that was not shipped refunds it", async () => {
    const orderId = await ordered(23_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await callOff(orderId, "DeleteOrder");
    await eventually(async () => expect((await shop.story(orderId)).order).toBe("REFUNDED"));
    expect(await shop.ledger(23_00)).toMatchObject([{ taken: 1, refunded: 1 }]);
  });

  test("deleting an order that was shipped keeps what was paid", async () => {
    const orderId = await ordered(24_00);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await shop.command(orderId, { type: "ShipOrder" });
    await callOff(orderId, "DeleteOrder");
    await nothingLeft();
    expect(await shop.ledger(24_00)).toMatchObject([{ taken: 1, refunded: 0 }]);
  });

  // Seen to fail with a new refund id at each call: refunded twice.
  test("a refund whose answer was lost is asked for again, and the money goes back once", async () => {
    const orderId = await ordered(1313_05);
    await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
    await callOff(orderId, "CancelOrder");
    await eventually(async () => expect((await shop.story(orderId)).order).toBe("REFUNDED"));
    expect(await shop.ledger(1313_05)).toMatchObject([{ refunded: 1, refundCalls: 2 }]);
  });

  test("an order cancelled before anybody looked is never charged, and says so", async () => {
    const orderId = await shop.createOrder(25_00);
    await callOff(orderId, "CancelOrder");
    await comesTo(orderId, ["PaymentRequested", "PaymentFailed"], "FAILED");
    expect(await shop.ledger(25_00)).toEqual([]);
    await nothingLeft();
  });
});

describe("orders with nothing to pay", () => {
  // Seen to fail with the condition on `begins` left out of the handler's statement.
  test("leave no task, neither when created nor when called off", async () => {
    const orderId = await shop.createOrder(0);
    expect(await shop.deliver(orderId)).toBe(false);
    await shop.command(orderId, { type: "CancelOrder" });
    expect(await shop.deliver(orderId)).toBe(false);
    await shop.command(orderId, { type: "DeleteOrder" });
    expect(await shop.deliver(orderId)).toBe(false);
  });
});

describe("an order that has a time to be paid in", () => {
  const DUE_MS = 1_500;

  // Seen to fail with the wait answered as done: the order stayed, unpaid, for ever.
  test("and whose payment has failed is cancelled at its end, not before", async () => {
    const dispatcher = timed.dispatch({ pollMs: 60_000, dueMs: DUE_MS });
    const orderId = await timed.createOrder(1313_01);
    const createdAtMs = Date.parse((await timed.eventsOf("order", orderId))[0]?.at ?? "");
    await timed.deliver(orderId);
    await eventually(async () => expect((await timed.story(orderId)).order).toBe("FAILED"));
    await eventually(async () => {
      const last = (await timed.eventsOf("order", orderId)).at(-1);
      expect(last?.type).toBe("OrderCancelled");
      expect(Date.parse(last?.at ?? "") - createdAtMs).toBeGreaterThanOrEqual(DUE_MS);
      expect(last?.metadata).toMatchObject({ actor: "payments", causationId: `payment-${orderId}@2` });
    });
    await eventually(async () => expect(await timed.tasks()).toBe(0));
    await dispatcher.stop();
  });

  test("and is still unknown at its end is cancelled, and whatever was taken goes back", async () => {
    const gateway = { ...timed.simulated, inquire: () => Promise.reject(new Error("connection reset")) };
    const dispatcher = timed.dispatch({ pollMs: 60_000, dueMs: DUE_MS, gateway });
    const orderId = await timed.createOrder(1313_02);
    await timed.deliver(orderId);
    await eventually(async () => expect((await timed.story(orderId)).order).toBe("REFUNDED"));
    expect(await timed.charge(orderId)).toMatchObject({ taken: 1, refunded: 1 });
    await dispatcher.stop();
  });
});

// Seen to fail without the trigger of migration 0004: the task stayed where nobody looks any more.
test("what a program of the former code notes while a version is rolled out is taken up", async () => {
  const orderId = await shop.createOrder(26_00);
  await shop.sql`
    insert into payment_tasks (order_id) values (${orderId})
    on conflict (order_id) do update set due_at = now(), revision = payment_tasks.revision + 1, attempts = 0`;
  await comesTo(orderId, ["PaymentRequested", "PaymentCompleted"], "COMPLETED");
  expect(await shop.sql`select from payment_tasks`).toHaveLength(0);
});
