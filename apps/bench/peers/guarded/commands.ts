// Takes orders: an event each, with its entry in the outbox.
import { streamName } from "@millrace/contract/envelope";
import { orderCodec } from "@millrace/contract/order-codec";
import { type Append, createAppender } from "@millrace/event-store/append";
import { connect } from "../parts/rows.ts";
import { type Order, taking } from "../parts/serve.ts";

// As Millrace's command API has them.
const BOUNDS = { queueMax: 5_000, batchMax: 200, flightsMax: 2 };

export function takeOrders(databaseUrl: string, port: number): void {
  const appender = createAppender(connect(databaseUrl, BOUNDS.flightsMax), BOUNDS);
  const append = taking(async (order) => {
    await appender.append(creationOf(order));
  });
  Bun.serve({ hostname: "127.0.0.1", port, routes: { "/orders": { POST: append } } });
}

function creationOf({ id, customer, items }: Order): Append {
  const lines = items.map((name) => ({ name, quantity: 1 }));
  const data = { orderId: id, customer, lines, amount: 0, currency: "USD", written: { customer, items } };
  return {
    stream: streamName("order", id),
    expectedVersion: 0,
    events: [orderCodec.encode({ type: "OrderCreated", data })],
    metadata: { actor: "anonymous", correlationId: id, causationId: id },
    at: new Date().toISOString(),
  };
}
