import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { PaymentEvent } from "./decide.ts";

const orderId = v.string();

/** Payments on the wire and in the store. */
export const paymentCodec = createCodec<PaymentEvent>({
  PaymentRequested: {
    schemaVersion: 1,
    schema: v.object({
      orderId,
      amount: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      currency: v.string(),
    }),
    upcasters: [],
  },
  PaymentCompleted: {
    schemaVersion: 1,
    schema: v.object({ orderId, gatewayReference: v.string() }),
    upcasters: [],
  },
  PaymentFailed: { schemaVersion: 1, schema: v.object({ orderId, reason: v.string() }), upcasters: [] },
  PaymentOutcomeUnknown: {
    schemaVersion: 1,
    schema: v.object({ orderId, cause: v.string() }),
    upcasters: [],
  },
  PaymentRefundRequested: { schemaVersion: 1, schema: v.object({ orderId }), upcasters: [] },
  PaymentRefunded: {
    schemaVersion: 1,
    schema: v.object({ orderId, gatewayReference: v.string() }),
    upcasters: [],
  },
});
