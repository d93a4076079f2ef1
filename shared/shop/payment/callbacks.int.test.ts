// A payment that takes long is settled by the gateway's callback, and without it by asking.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { callbackRoutes } from "@millrace/callbacks/callback-routes";
import { createBodies } from "@millrace/http/body";
import { createHttpApp } from "@millrace/http/server";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import type { PaymentGateway } from "./gateway.ts";
import { payments } from "./payments.ts";
import { callBackBy } from "./simulated-callbacks.ts";
import { createSimulatedGateway } from "./simulated-gateway.ts";
import { openShop } from "./testing/payments-shop.ts";

const SECRET = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtb25l";
const TAKEN_LATE = 1313_04;

const shop = await onOwnDatabase(openShop);
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  const log = createLog("callbacks-test", "silent");
  const metrics = createMetrics("callbacks-test");
  const bodies = createBodies({ bytesMax: 1_000_000, inFlightBytesMax: 2_000_000 });
  const secrets = new Map([["payments", [SECRET]]]);
  const routes = callbackRoutes({ sql: shop.sql, log, metrics, bodies, processes: [payments], secrets });
  const options = { title: "", description: "", routes, requestsMax: 10, log, metrics };
  const app = createHttpApp({ ...options, notReady: () => undefined });
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => app.fetch(request) });
});
afterAll(() => server.stop(true));

// Seen to fail with the callback's task left as it was.
test("a payment that takes long is settled by its callback, an hour before it would be asked about", async () => {
  const callBack = callBackBy({
    COMMAND_API_URL: server.url.href,
    MILLRACE_CALLBACK_SECRETS: [`payments=${SECRET}`],
  });
  const settled: string[] = [];
  const gateway = createSimulatedGateway({
    db: shop.db,
    lateMs: 600,
    callBack: async (paymentId) => void settled.push(paymentId),
  });
  let asked = 0;
  const counting: PaymentGateway = {
    ...gateway,
    inquire: (...of) => {
      asked++;
      return gateway.inquire(...of);
    },
  };
  const dispatcher = shop.dispatch({ gateway: counting, pollMs: 60_000 });
  const orderId = await shop.createOrder(TAKEN_LATE);
  await shop.deliver(orderId);
  // The gateway has said so once, and the task's next look is put off for an hour while nobody has it.
  await eventually(async () => {
    const put = await shop.sql`
      update process_tasks set due_at = now() + interval '1 hour'
      where key = ${orderId} and leased_until is null and attempts > 0 returning 1`;
    expect(put).toHaveLength(1);
  });
  await eventually(() => expect(settled).toEqual([orderId]));
  expect((await shop.story(orderId)).payment.at(-1)).toBe("PaymentOutcomeUnknown");
  const before = asked;
  await callBack?.(orderId);
  await eventually(async () => expect((await shop.story(orderId)).order).toBe("COMPLETED"));
  await eventually(async () => expect(await shop.tasks()).toBe(0));
  expect(asked).toBe(before + 1);
  expect(await shop.charge(orderId)).toMatchObject({ taken: 1, chargeCalls: 1 });
  await dispatcher.stop();
});

test("with its callbacks lost it is settled by asking", async () => {
  const lost = async () => {
    throw new Error("lost on its way");
  };
  const gateway = createSimulatedGateway({ db: shop.db, lateMs: 600, callBack: lost });
  const dispatcher = shop.dispatch({ gateway });
  const orderId = await shop.createOrder(TAKEN_LATE);
  await shop.deliver(orderId);
  await eventually(async () => expect((await shop.story(orderId)).order).toBe("COMPLETED"));
  expect(await shop.charge(orderId)).toMatchObject({ taken: 1 });
  await dispatcher.stop();
});
