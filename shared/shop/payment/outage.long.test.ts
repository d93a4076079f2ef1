// The gateway is down for a minute. Seen to fail with an unclear answer taken for a refusal: orders that nobody had
// declined were FAILED.
import { expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import type { PaymentGateway } from "./gateway.ts";
import { openShop } from "./testing/payments-shop.ts";

const DOWN_MS = 60_000;
/** The longest pause that a minute of tries has grown to, and the time to settle what has piled up. */
const SETTLED_WITHIN_MS = 45_000;
const ORDERS = 20;
const AMOUNT = 77_00;

const shop = await onOwnDatabase(openShop);

/** Refuses every connection until it is up again. */
function outage(gateway: PaymentGateway) {
  let isDown = true;
  const reach = () => {
    if (isDown) throw new Error("connection refused");
    return gateway;
  };
  return {
    up() {
      isDown = false;
    },
    gateway: {
      charge: async (request, signal) => reach().charge(request, signal),
      inquire: async (paymentId, signal) => reach().inquire(paymentId, signal),
      withdraw: async (request, signal) => reach().withdraw(request, signal),
      refund: async (request, signal) => reach().refund(request, signal),
    } satisfies PaymentGateway,
  };
}

test("payments of a minute without the gateway are unknown, and settle by themselves when it is back", async () => {
  const { gateway, up } = outage(shop.simulated);
  shop.dispatch({ gateway });
  const orders = await Promise.all(Array.from({ length: ORDERS }, () => shop.createOrder(AMOUNT)));
  for (const orderId of orders) await shop.deliver(orderId);
  const [called = "", ...kept] = orders;
  for (const orderId of orders) {
    await eventually(async () => expect((await shop.story(orderId)).order).toBe("UNKNOWN"));
  }
  await shop.command(called, { type: "CancelOrder" });
  await shop.deliver(called);
  await Bun.sleep(DOWN_MS);
  expect(await shop.ledger(AMOUNT)).toEqual([]);

  up();
  await eventually(async () => expect(await shop.tasks()).toBe(0), { withinMs: SETTLED_WITHIN_MS });
  for (const orderId of kept) {
    expect((await shop.story(orderId)).order).toBe("COMPLETED");
    expect(await shop.charge(orderId)).toMatchObject({ taken: 1 });
  }
  expect((await shop.story(called)).payment.at(-1)).toBe("PaymentFailed");
  expect((await shop.charge(called))?.taken ?? 0).toBe(0);
}, 150_000);
