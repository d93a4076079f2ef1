// Takes orders: an event each, with its entry in the outbox.
import { streamName } from "@millrace/contract/envelope";
import { orderCodec } from "@millrace/contract/order-codec";
import { type Append, createAppender } from "@millrace/event-store/append";
import { readConfig } from "@millrace/platform/config";
import { connect } from "../parts/rows.ts";
import { type Order, taking } from "../parts/serve.ts";

export function takeOrders(databaseUrl: string, port: number): void {
  const config = readConfig();
  const flightsMax = config.MILLRACE_APPEND_FLIGHTS_MAX;
  const appender = createAppender(connect(databaseUrl, flightsMax), {
    queueMax: config.MILLRACE_APPEND_QUEUE_MAX,
    batchMax: config.MILLRACE_APPEND_BATCH_MAX,
    flightsMax,
  });
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
