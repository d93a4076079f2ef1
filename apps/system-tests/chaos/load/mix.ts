// What the clients ask of orders: every dialect, every change of an order's life, and money that goes wrong.
import type { Command } from "./http-client.ts";
import type { Random } from "./random.ts";

/** A command with what has to be in the store if it happens. */
export interface Intent {
  readonly command: Command;
  readonly expected: readonly string[];
  /** The order that it makes or changes, and the status that it asks for. */
  readonly order?: KnownOrder;
}

/** An order as its client believes it to be. */
export interface KnownOrder {
  readonly id: string;
  readonly paid: boolean;
  status: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "DELETED";
  /** From the last ETag. */
  version: number;
}

/** Amounts that the simulated gateway treats badly: declined, answers lost, late. */
const BAD_AMOUNTS = [1313.01, 1313.02, 1313.03, 1313.04, 1313.05];
const BAD_AMOUNT_CHANCE = 0.03;

export function createOrder(random: Random, name: string, id: string): Intent {
  const amount = random.chance(BAD_AMOUNT_CHANCE)
    ? random.pick(BAD_AMOUNTS)
    : random.between(1, 90_000) / 100;
  const price = random.between(1, 5_000) / 100;
  const dialects: readonly { paid: boolean; body: object }[] = [
    { paid: false, body: { orderId: id, customer: "Alice", items: ["pen", name] } },
    { paid: false, body: { orderId: id, product: name, quantity: random.between(1, 9) } },
    { paid: true, body: { orderId: id, amount } },
    {
      paid: true,
      body: {
        orderId: id,
        userId: "user123",
        products: [{ id: "prod-1", name, price, quantity: 2 }],
        totalAmount: amount,
      },
    },
    {
      paid: true,
      body: { orderId: id, customer: "Bob", lines: [{ name, quantity: 3, unitPrice: price }] },
    },
  ];
  const { paid, body } = random.pick(dialects);
  const path = random.chance(0.5) ? "/orders" : "/create-order";
  return {
    command: { name, method: "POST", path, body },
    expected: [`order-${id} OrderCreated`],
    order: { id, paid, status: "CREATED", version: 1 },
  };
}

/** The next step in an order's life, or a change of it; what the order is in now may be another's doing. */
export function changeOrder(random: Random, name: string, order: KnownOrder): Intent {
  const path = `/orders/${order.id}`;
  const stream = `order-${order.id}`;
  const headers = random.chance(0.3) ? { "if-match": `"${order.version}"` } : {};
  const patch = (body: object, type: string): Intent => ({
    command: { name, method: "PATCH", path, body, headers },
    expected: [`${stream} ${type}`],
    order,
  });
  const draw = random.next();
  if (draw < 0.4) return patch({ customer: `Customer ${name}` }, "OrderChanged");
  if (draw < 0.6) return patch({ status: "shipped" }, "OrderShipped");
  if (draw < 0.7) return patch({ status: "DELIVERED" }, "OrderDelivered");
  if (draw < 0.8) {
    const both = { customer: `Last ${name}`, status: "shipped" };
    return { ...patch(both, ""), expected: [`${stream} OrderChanged`, `${stream} OrderShipped`] };
  }
  if (draw < 0.92) return patch({ status: "cancelled" }, "OrderCancelled");
  return { command: { name, method: "DELETE", path, headers }, expected: [`${stream} OrderDeleted`], order };
}

/** Several new orders in one request: all of them are new, so all of them must happen. */
export function createOrders(random: Random, name: string, id: string): Intent {
  const ids = Array.from({ length: random.between(2, 6) }, (_, index) => `${id}.${index}`);
  const body = ids.map((orderId) => ({
    type: "CREATE_ORDER",
    data: { orderId, product: name, quantity: 1 },
  }));
  return {
    command: { name, method: "POST", path: "/commands", body },
    expected: ids.map((orderId) => `order-${orderId} OrderCreated`),
  };
}
