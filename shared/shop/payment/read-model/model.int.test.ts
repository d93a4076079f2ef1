import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fold } from "@millrace/domain/decider";
import { EventGap, type ProjectedEvent } from "@millrace/read-models/read-model";
import { propertyRun } from "@millrace/testing/seed";
import { ownRows } from "../../testing/model-rows.ts";
import { inPartition, storedAs } from "../../testing/stored-as.ts";
import { paymentCodec } from "../codec.ts";
import { type PaymentCommand, type PaymentEvent, paymentDecider } from "../decide.ts";
import { paymentsModel } from "./model.ts";

const { sql, apply } = await ownRows(paymentsModel);

afterEach(async () => {
  await sql`truncate payments`;
});

const request: PaymentCommand = { type: "RequestPayment", orderId: "one", amount: 3998, currency: "USD" };

function lifeOf(commands: readonly PaymentCommand[]): ProjectedEvent[] {
  const events: PaymentEvent[] = [];
  for (const command of commands) {
    const decision = paymentDecider.decide(command, fold(paymentDecider, events));
    if (decision.accepted) events.push(...decision.events);
  }
  return inPartition(0, storedAs(paymentCodec, "payment-one", events));
}

async function document(): Promise<Record<string, unknown>> {
  const [row] = await sql`select document from payments`;
  return JSON.parse(row?.document);
}

test("a payment reads as text with its amount in decimals and what the gateway said", async () => {
  await apply(
    lifeOf([
      request,
      { type: "MarkPaymentUnknown", orderId: "one", cause: "no answer" },
      { type: "CompletePayment", orderId: "one", gatewayReference: "charge-1" },
    ]),
  );
  expect(await document()).toEqual({
    id: "one",
    orderId: "one",
    status: "COMPLETED",
    amount: 39.98,
    currency: "USD",
    refundRequested: false,
    gatewayReference: "charge-1",
    version: 3,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:02.000Z",
  });
  expect(await sql`select pg_typeof(document)::text as type, amount from payments`).toMatchObject([
    { type: "text", amount: "3998" },
  ]);
});

test("a payment's event that does not follow its row throws EventGap and writes nothing", async () => {
  const life = lifeOf([request, { type: "FailPayment", orderId: "one", reason: "declined" }]);
  expect(await apply(life.slice(1)).catch((error) => error)).toBeInstanceOf(EventGap);
  expect(await sql`select id from payments`).toHaveLength(0);
});

const command = fc.constantFrom<PaymentCommand>(
  { type: "CompletePayment", orderId: "one", gatewayReference: "charge-1" },
  { type: "FailPayment", orderId: "one", reason: "declined" },
  { type: "MarkPaymentUnknown", orderId: "one", cause: "no answer" },
  { type: "RequestRefund", orderId: "one" },
  { type: "CompleteRefund", orderId: "one", gatewayReference: "refund-1" },
);

describe("however a payment's events are cut into batches and delivered again", () => {
  test("its document says what its events say", async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(command, { maxLength: 8 }), fc.array(fc.nat(3)), async (commands, cuts) => {
          const life = lifeOf([request, ...commands]);
          let done = 0;
          for (const cut of [...cuts, life.length]) {
            await apply(life.slice(Math.max(0, done - cut), done + cut));
            done = Math.min(life.length, done + cut);
          }
          const {
            exists: _,
            amount,
            ...state
          } = fold(
            paymentDecider,
            life.map(({ event }) => paymentCodec.decode(event)),
          ) as Record<string, unknown> & { exists: boolean; amount: number };
          expect(await document()).toMatchObject({ ...state, amount: amount / 100, version: life.length });
        })
        .afterEach(async () => {
          await sql`truncate payments`;
        }),
      propertyRun(40),
    );
  }, 60_000);
});
