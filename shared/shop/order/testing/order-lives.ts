// For tests: lives of orders as the domain allows them, as events in the store's form.
import fc from "fast-check";
import { fold } from "@millrace/domain/decider";
import type { StoredEvent } from "@millrace/events/envelope";
import { storedAs } from "../../testing/stored-as.ts";
import { orderCodec } from "../codec.ts";
import type { OrderCommand } from "../commands.ts";
import { orderDecider } from "../decide.ts";
import type { OrderEvent, WrittenWords } from "../events.ts";

const amount = fc.constantFrom(0, 1, 500, 1_999, 100_000_000_000);
const name = fc.oneof(
  fc.constantFrom("pen", 'a "quoted" name', ',"version":9,"customer":'),
  fc.string({ unit: "binary" }),
);
const lines = fc.array(
  fc.record(
    { productId: name, name, quantity: fc.integer({ min: 1, max: 9 }), unitPrice: amount },
    { requiredKeys: ["name", "quantity"] },
  ),
  { maxLength: 3 },
);
const customer = fc.option(name);
/** Words of dialects, and words that no client may decide: where an order stands. */
const word = fc.constantFrom(
  "customer",
  "items",
  "amount",
  "lines",
  "quantity",
  "status",
  "version",
  "updatedAt",
);
const written: fc.Arbitrary<WrittenWords> = fc.dictionary(
  word,
  fc.oneof(name, fc.jsonValue({ maxDepth: 1 })),
);

const command: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.record(
    { type: fc.constant("ChangeOrder" as const), customer, lines, amount, written },
    { requiredKeys: ["type", "written"] },
  ),
  fc.constantFrom<OrderCommand>(
    { type: "ShipOrder" },
    { type: "DeliverOrder" },
    { type: "CancelOrder" },
    { type: "DeleteOrder" },
  ),
  fc.constantFrom<OrderCommand>(
    { type: "RecordStockReserved" },
    { type: "RefuseOrder", sku: "pen" },
    { type: "SettleStock", as: "released" },
    { type: "SettleStock", as: "committed" },
  ),
  fc.record({
    type: fc.constant("RecordPayment" as const),
    paymentId: fc.constant("a payment"),
    payment: fc.constantFrom("COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"),
  }),
);

/** The events of one order, its creation first. */
export function orderLife(id: string): fc.Arbitrary<StoredEvent[]> {
  const create = fc.record({
    type: fc.constant("CreateOrder" as const),
    orderId: fc.constant(id),
    currency: fc.constantFrom("USD", "EUR"),
    customer,
    lines,
    amount,
    written,
    goods: fc.constantFrom([], [{ sku: "pen", quantity: 2 }]),
  });
  return fc
    .tuple(create, fc.array(command, { maxLength: 12 }))
    .map(([first, rest]) => storedEvents(id, [first, ...rest]));
}

/** What the commands lead to, a second apart; refused ones lead to nothing. */
export function storedEvents(id: string, commands: readonly OrderCommand[]): StoredEvent[] {
  const events: OrderEvent[] = [];
  for (const asked of commands) {
    const decision = orderDecider.decide(asked, fold(orderDecider, events));
    if (decision.accepted) events.push(...decision.events);
  }
  return storedAs(orderCodec, `order-${id}`, events);
}

/** The document that the events must lead to, told another way than the projection does; undefined if deleted. */
export function expectedDocument(events: readonly StoredEvent[]): Record<string, unknown> | undefined {
  const state = fold(
    orderDecider,
    events.map((event) => orderCodec.decode(event)),
  );
  const [first, last] = [events[0], events.at(-1)];
  if (!state.exists || state.deleted || !first || !last) return undefined;
  const { customer, lines, amount, written } = state.content;
  return {
    customer,
    lines: lines.map((line) =>
      line.unitPrice === undefined ? line : { ...line, unitPrice: line.unitPrice / 100 },
    ),
    amount: amount / 100,
    currency: state.currency,
    ...written,
    id: state.orderId,
    status: state.status,
    payment: state.payment,
    ...(state.stock ? { stock: state.stock.stage } : {}),
    ...(state.stock?.shortOf ? { shortOf: state.stock.shortOf } : {}),
    version: events.length,
    createdAt: first.at,
    updatedAt: last.at,
  };
}
