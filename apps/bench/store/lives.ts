// Lives of orders as a store and its read model hold them, made by the product's own decider, codec and
// projection: what fills a store in bulk is what would have filled it one by one.

import { decideAll } from "@millrace/domain/decider";
import { type StoredEvent, streamName } from "@millrace/events/envelope";
import { orderCodec } from "@millrace/shop/order/codec";
import type { CreateOrder, OrderCommand } from "@millrace/shop/order/commands";
import { orderDecider } from "@millrace/shop/order/decide";
import { type OrderRow, ordersModel } from "@millrace/shop/order/read-model/model";

export interface Life {
  readonly events: readonly StoredEvent[];
  readonly row: OrderRow;
}

export interface LifeOptions {
  /** The how many-th; lives differ by it. */
  readonly ordinal: number;
  /** Of the order's creation, milliseconds since 1970. */
  readonly at: number;
  /** At most so many events. */
  readonly eventsMax: number;
  /** Different ones who order; in a store of millions each has many orders. */
  readonly customers: number;
  partitionOf(key: string): number;
}

/** Between two events of an order. */
const STEP_MS = 60_000;
/** What a rebuild gives rows whose events it did not have from Kafka. */
const NO_OFFSET = -1;

/** How far orders came: two events each on average. */
const ENDINGS: readonly (readonly OrderCommand[])[] = [
  [],
  [{ type: "ShipOrder" }],
  [{ type: "ShipOrder" }],
  [{ type: "ShipOrder" }, { type: "DeliverOrder" }],
];

export function makeLife({ ordinal, at, eventsMax, customers, partitionOf }: LifeOptions): Life {
  // Ids in the order of time, as the command API gives them.
  const id = Bun.randomUUIDv7("hex", at);
  const commands = [
    createOrder(id, `customer-${ordinal % customers}`),
    ...(ENDINGS[ordinal % ENDINGS.length] ?? []),
  ];
  const decision = decideAll(orderDecider, commands.slice(0, eventsMax), orderDecider.initialState);
  if (!decision.accepted) throw new Error(`${decision.refusal.code} in an order's life`);
  const requestId = Bun.randomUUIDv7("hex", at);
  const events = decision.events.map((event, index): StoredEvent => {
    const { type, schemaVersion, data } = orderCodec.encode(event);
    return {
      stream: streamName(orderDecider.category, id),
      version: index + 1,
      type,
      schemaVersion,
      at: new Date(at + index * STEP_MS).toISOString(),
      metadata: { actor: "anonymous", correlationId: requestId, causationId: requestId },
      data: JSON.stringify(data),
    };
  });
  const partition = partitionOf(id);
  let row: OrderRow | undefined;
  for (const event of events) row = ordersModel.past.next(row, { event, partition, offset: NO_OFFSET });
  if (!row) throw new Error("An order's life without an event");
  return { events, row };
}

function createOrder(orderId: string, customer: string): CreateOrder {
  const items = ["pen", "notebook"];
  return {
    type: "CreateOrder",
    orderId,
    customer,
    lines: items.map((name) => ({ name, quantity: 1 })),
    amount: 0,
    currency: "USD",
    written: { customer, items },
  };
}
