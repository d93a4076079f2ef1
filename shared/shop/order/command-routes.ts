import * as v from "valibot";
import type { StreamCommands } from "@millrace/commands/command-names";
import type { Parsed } from "@millrace/commands/parsed";
import { pathId } from "@millrace/commands/path-id";
import {
  accepted,
  deleted,
  id,
  idempotencyKey,
  ifMatch,
  orderConflicts,
  prefer,
  replayedHeader,
  versionHeader,
  writeProblems,
} from "@millrace/commands/routes/headers";
import { type CommandApi, takeBodilessWrite, takeWrite } from "@millrace/commands/take-write";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, ResponseShape, Route } from "@millrace/http/route";
import { describedPatches, describeNewOrders } from "../command-descriptions.ts";
import { readNewOrder } from "./bodies/new-order.ts";
import { readOrderPatch } from "./bodies/patch-order.ts";
import type { OrderCommand } from "./commands.ts";

const createdOrder: ResponseShape = {
  status: 201,
  description: "Created",
  schema: v.object({ id: v.string(), status: v.literal("CREATED") }),
  headers: { ...versionHeader, Location: "The order, at the query API" },
  optionalHeaders: replayedHeader,
};

const changedOrder: ResponseShape = {
  status: 200,
  description: "The order after the change",
  schema: v.object({
    id: v.string(),
    status: v.picklist(["CREATED", "SHIPPED", "DELIVERED", "CANCELLED"]),
    payment: v.picklist(["NONE", "PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"]),
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  headers: versionHeader,
  optionalHeaders: replayedHeader,
};

export function orderRoutes(api: CommandApi): Route[] {
  const readNew = (body: unknown): Parsed<StreamCommands> => {
    const parsed = readNewOrder(body, api.newOrder);
    if (!parsed.ok) return parsed;
    return { ok: true, value: { aggregate: "order", id: parsed.value.orderId, commands: [parsed.value] } };
  };
  const newOrders = describeNewOrders(api.newOrder.currency);
  const create = (call: Call) => takeWrite(api, call, readNew);
  const creation = {
    method: "POST",
    tag: "orders",
    parameters: [idempotencyKey, prefer],
    responses: [createdOrder, accepted],
    problems: [...writeProblems, "order_already_exists"],
    handle: create,
  } as const;

  return [
    {
      ...creation,
      path: "/orders",
      access: "orders:create",
      knowsOwners: true,
      summary: "Create an order",
      description:
        "In whichever words: items, products, a product, lines, or an amount alone. Words for one thing (id and " +
        "orderId, customer and userId, amount and totalAmount) may stand side by side where they say the same.",
      body: {
        schemas: newOrders,
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
    },
    {
      ...creation,
      path: "/create-order",
      access: "orders:create",
      knowsOwners: true,
      summary: "Create an order, under the name that some clients know",
      body: {
        schemas: newOrders,
        examples: { product: { orderId: "123", product: "Laptop", quantity: 1 } },
      },
    },
    {
      method: "PATCH",
      path: "/orders/:id",
      access: "orders:change",
      knowsOwners: true,
      tag: "orders",
      summary: "Change an order, or move it on",
      description: "Its words can be changed while it is CREATED. A status word asks for what leads to it.",
      parameters: [id, ifMatch, idempotencyKey, prefer],
      body: {
        schemas: describedPatches,
        examples: { ship: { status: "shipped" }, items: { items: ["pen", "ink"] } },
      },
      responses: [changedOrder, accepted],
      problems: [...writeProblems, "order_not_found", ...orderConflicts],
      handle: (call) =>
        onOrder(call, (orderId) =>
          takeWrite(api, call, (body) => {
            const parsed = readOrderPatch(body, api.newOrder.currency);
            return parsed.ok ? { ok: true, value: ofOrder(orderId, parsed.value) } : parsed;
          }),
        ),
    },
    {
      method: "DELETE",
      path: "/orders/:id",
      access: "orders:remove",
      tag: "orders",
      summary: "Delete an order",
      description: "It is gone for its readers and what was paid goes back. Its id is never given again.",
      parameters: [id, ifMatch, idempotencyKey, prefer],
      responses: [deleted, accepted],
      problems: [...writeProblems, "order_not_found"],
      handle: (call) =>
        onOrder(call, (orderId) => takeBodilessWrite(api, call, ofOrder(orderId, [{ type: "DeleteOrder" }]))),
    },
  ];
}

function onOrder(call: Call, write: (orderId: string) => Promise<Answer>): Answer | Promise<Answer> {
  const orderId = pathId(call);
  return orderId === undefined ? problem("order_not_found") : write(orderId);
}

function ofOrder(orderId: string, commands: readonly OrderCommand[]): StreamCommands {
  return { aggregate: "order", id: orderId, commands };
}
