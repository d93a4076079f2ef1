import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { OrderEvent } from "./events.ts";

const minorUnits = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const content = {
  customer: v.nullable(v.string()),
  lines: v.array(
    v.object({
      productId: v.exactOptional(v.string()),
      name: v.string(),
      quantity: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      unitPrice: v.exactOptional(minorUnits),
    }),
  ),
  amount: minorUnits,
  written: v.record(v.string(), v.unknown()),
};

export const orderContent = v.object(content);
export const keptGoods = v.array(
  v.object({ sku: v.string(), quantity: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
);
const nothing = v.object({});

/** Orders on the wire and in the store. A changed shape gets the next schemaVersion and an upcaster here. */
export const orderCodec = createCodec<OrderEvent>({
  OrderCreated: {
    schemaVersion: 2,
    schema: v.object({
      ...content,
      orderId: v.string(),
      currency: v.string(),
      owner: v.exactOptional(v.string()),
    }),
    // Those from before orders had owners are the shop's own, as those without one are now. The version is another one
    // so that code which would show them to anybody waits instead.
    upcasters: [(data) => data],
  },
  OrderChanged: { schemaVersion: 1, schema: orderContent, upcasters: [] },
  OrderShipped: { schemaVersion: 1, schema: nothing, upcasters: [] },
  OrderDelivered: { schemaVersion: 1, schema: nothing, upcasters: [] },
  OrderCancelled: { schemaVersion: 1, schema: nothing, upcasters: [] },
  OrderDeleted: { schemaVersion: 1, schema: nothing, upcasters: [] },
  OrderPaymentRecorded: {
    schemaVersion: 1,
    schema: v.object({
      paymentId: v.string(),
      payment: v.picklist(["COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"]),
    }),
    upcasters: [],
  },
  OrderStockRequested: { schemaVersion: 1, schema: v.object({ goods: keptGoods }), upcasters: [] },
  OrderStockReserved: { schemaVersion: 1, schema: nothing, upcasters: [] },
  OrderRefused: {
    schemaVersion: 1,
    schema: v.object({ reason: v.literal("stock_short"), sku: v.string() }),
    upcasters: [],
  },
  OrderStockDue: {
    schemaVersion: 1,
    schema: v.object({ to: v.picklist(["release", "commit"]) }),
    upcasters: [],
  },
  OrderStockSettled: { schemaVersion: 1, schema: nothing, upcasters: [] },
});
