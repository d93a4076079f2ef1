// Long orders begin at a snapshot. Its fingerprint follows what `evolve` makes of the examples.
import * as v from "valibot";
import { defineSnapshot } from "@millrace/store/snapshot";
import { keptGoods, orderCodec, orderContent } from "./codec.ts";
import { orderDecider } from "./decide.ts";
import { ORDER_PAYMENTS, ORDER_STATUSES } from "./state.ts";
import { STOCK_STAGES } from "./stock-life.ts";

const schema = v.object({
  exists: v.literal(true),
  deleted: v.boolean(),
  orderId: v.string(),
  owner: v.exactOptional(v.string()),
  currency: v.string(),
  status: v.picklist(ORDER_STATUSES),
  payment: v.picklist(ORDER_PAYMENTS),
  content: orderContent,
  stock: v.exactOptional(
    v.object({
      stage: v.picklist(STOCK_STAGES),
      goods: keptGoods,
      shortOf: v.exactOptional(v.string()),
      wasReserved: v.exactOptional(v.boolean()),
    }),
  ),
});

const free = { customer: null, lines: [], amount: 0, written: { items: [] } };
const paid = {
  customer: "Alice",
  lines: [{ productId: "prod-1", name: "Pen", quantity: 2, unitPrice: 250 }],
  amount: 500,
  written: { customer: "Alice", products: [{ id: "prod-1", name: "Pen", price: 2.5, quantity: 2 }] },
};

export const orderSnapshot = defineSnapshot({
  decider: orderDecider,
  codec: orderCodec,
  schema,
  examples: {
    OrderCreated: [
      { orderId: "order-1", currency: "USD", ...free },
      { orderId: "order-2", currency: "EUR", owner: "customer-1", ...paid },
    ],
    OrderChanged: [free, paid],
    OrderShipped: [{}],
    OrderDelivered: [{}],
    OrderCancelled: [{}],
    OrderDeleted: [{}],
    OrderPaymentRecorded: [
      { paymentId: "order-2", payment: "COMPLETED" },
      { paymentId: "order-2", payment: "FAILED" },
      { paymentId: "order-2", payment: "UNKNOWN" },
      { paymentId: "order-2", payment: "REFUNDED" },
    ],
    OrderStockRequested: [{ goods: [{ sku: "prod-1", quantity: 2 }] }],
    OrderStockReserved: [{}],
    OrderRefused: [{ reason: "stock_short", sku: "prod-1" }],
    OrderStockDue: [{ to: "release" }, { to: "commit" }],
    OrderStockSettled: [{}],
  },
});
