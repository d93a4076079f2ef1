// Orders, whole.
import * as v from "valibot";
import { type Issue, type Parsed, parse, refused } from "@millrace/commands/parsed";
import { chosenId } from "@millrace/commands/words";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import type { ShopSettings } from "../settings.ts";
import { agreedId } from "./bodies/agreed.ts";
import { describedPatches, describeNewOrders } from "./bodies/descriptions.ts";
import { readNewOrder } from "./bodies/new-order.ts";
import { readOrderPatch } from "./bodies/patch-order.ts";
import { orderCodec } from "./codec.ts";
import type { OrderCommand } from "./commands.ts";
import { orderDecider } from "./decide.ts";
import type { OrderEvent } from "./events.ts";
import { orderOwnership } from "./ownership.ts";
import { prepareOrder } from "./prepare.ts";
import { orderProblems as problems } from "./problems.ts";
import { orderStatsRoutes } from "./query-routes/stats.ts";
import { ordersModel } from "./read-model/model.ts";
import type { OrderRefusal } from "./refusals.ts";
import { orderSnapshot } from "./snapshot.ts";
import { ORDER_PAYMENTS, ORDER_STATUSES, type OrderState } from "./state.ts";

const reference = v.strictObject({ orderId: v.exactOptional(chosenId), id: v.exactOptional(chosenId) });

/** Why an order may not be changed as asked. */
const conflicts = [
  problems.order_already_shipped,
  problems.order_already_delivered,
  problems.order_already_cancelled,
  problems.order_not_shipped,
  problems.order_payment_failed,
  problems.order_not_paid,
  problems.order_amount_settled,
  problems.order_stock_open,
  problems.order_stock_settled,
];

export const order = defineAggregate<OrderCommand, OrderState, OrderEvent, OrderRefusal, ShopSettings>({
  plural: "orders",
  // Orders are most of what a shop has.
  partitions: 4,
  decider: orderDecider,
  codec: orderCodec,
  snapshot: orderSnapshot,
  refusals: problems,
  notFound: problems.order_not_found,
  readModel: ordersModel,
  queryRoutes: orderStatsRoutes,
  ownership: orderOwnership,
  prepare: prepareOrder,
  reference: { words: reference.entries, read: readOrderId },
  creation: {
    name: "createOrder",
    schemas: ({ currency }) => describeNewOrders(currency),
    read(body, context) {
      const parsed = readNewOrder(body, context);
      return parsed.ok ? { ok: true, value: { id: parsed.value.orderId, command: parsed.value } } : parsed;
    },
    refused: [problems.order_already_exists, problems.order_price_differs],
    shown: {
      schema: v.object({ id: v.string(), status: v.literal("CREATED") }),
      of: (state, { id }) => ({ id, ...(state.exists && { status: state.status }) }),
    },
    example: { orderId: "124", product: "Laptop", quantity: 1 },
    routes: [
      {
        path: "/orders",
        summary: "Create an order",
        description:
          "In whichever words: items, products, a product, lines, or an amount alone. Words for one thing (id and " +
          "orderId, customer and userId, amount and totalAmount) may stand side by side where they say the same.",
        examples: {
          items: { customer: "Alice", items: ["pen", "notebook"] },
          products: {
            userId: "user123",
            products: [{ id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 }],
            totalAmount: 39.98,
          },
          amount: { amount: 500 },
        },
      },
      {
        path: "/create-order",
        summary: "Create an order, under the name that some clients know",
        examples: { product: { orderId: "123", product: "Laptop", quantity: 1 } },
      },
    ],
  },
  change: {
    name: "changeOrder",
    words: describedPatches,
    read: (body, { settings }) => readOrderPatch(body, settings.currency),
    refused: [...conflicts, problems.order_price_differs],
    shown: {
      schema: v.object({
        id: v.string(),
        status: v.picklist(ORDER_STATUSES),
        payment: v.picklist(ORDER_PAYMENTS),
        version: v.pipe(v.number(), v.integer(), v.minValue(1)),
      }),
      of: (state, { id, version }) =>
        state.exists ? { id, status: state.status, payment: state.payment, version } : { id, version },
    },
    summary: "Change an order, or move it on",
    description: "Its words can be changed while it is CREATED. A status word asks for what leads to it.",
    examples: { ship: { status: "shipped" }, items: { items: ["pen", "ink"] } },
  },
  others: {
    shipOrder: { command: { type: "ShipOrder" }, refused: conflicts },
    deliverOrder: { command: { type: "DeliverOrder" }, refused: conflicts },
    cancelOrder: { command: { type: "CancelOrder" }, refused: conflicts },
  },
  removal: {
    name: "deleteOrder",
    command: { type: "DeleteOrder" },
    refused: [],
    summary: "Delete an order",
    description: "It is gone for its readers and what was paid goes back. Its id is never given again.",
  },
});

/** By either of its words, or by both where they say the same. */
function readOrderId(words: unknown): Parsed<string> {
  const parsed = parse(reference, words);
  if (!parsed.ok) return parsed;
  const issues: Issue[] = [];
  const id = agreedId(parsed.value, issues);
  if (issues.length > 0) return { ok: false, issues };
  return id === undefined ? refused("/orderId", "Missing") : { ok: true, value: id };
}
