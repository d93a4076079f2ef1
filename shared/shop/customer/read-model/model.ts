// Customers as a seller sees them: what each has ordered, by the name that orders give and a user of that id has.
import * as v from "valibot";
import type { RecordedEvent } from "@millrace/events/envelope";
import { streamsOf } from "@millrace/read-models/define";
import { defineCombined } from "@millrace/read-models/define-combined";
import { time } from "@millrace/read-models/document-fields";
import { printMinorUnits } from "../../minor-units.ts";
import { orderCodec } from "../../order/codec.ts";
import type { OrderEvent } from "../../order/events.ts";
import { customerKey } from "../../order/read-model/customer-key.ts";
import { userCodec } from "../../user/codec.ts";
import type { UserEvent } from "../../user/decide.ts";
import { customerSources } from "./sources-table.ts";
import { customers } from "./table.ts";

/** What one stream says of a customer. */
interface Contribution {
  readonly customer: string | null;
  readonly orders: 0 | 1;
  /** Minor units. */
  readonly amount: number;
  readonly orderedAt: string | null;
  readonly name: string | null;
  readonly deleted: boolean;
}

export const customersModel = defineCombined({
  name: "customers",
  of: [
    streamsOf({ category: "order", codec: orderCodec, next: ofOrder }),
    streamsOf({ category: "user", codec: userCodec, next: ofUser }),
  ],
  table: customerSources,
  columns: {
    customer: ({ value }) => value.customer,
    orders: ({ value }) => value.orders,
    amount: ({ value }) => value.amount,
    orderedAt: ({ value }) => value.orderedAt,
    name: ({ value }) => value.name,
    deleted: ({ value }) => value.deleted,
  },
  restore({ customer, orders, amount, orderedAt, name, deleted }): Contribution {
    return { customer, orders: orders === 0 ? 0 : 1, amount, orderedAt, name, deleted };
  },
  combined: {
    table: customers,
    key: { id: "customer" },
    columns: {
      orders: { is: "sum", of: "orders" },
      amount: { is: "sum", of: "amount" },
      name: { is: "greatest", of: "name" },
      createdAt: { is: "least", of: "orderedAt" },
      lastOrderAt: { is: "greatest", of: "orderedAt" },
    },
  },
  shown: {
    noun: "customer",
    id: "As orders name the customer",
    schema: v.object({
      id: v.string(),
      name: v.exactOptional(v.string()),
      orders: v.pipe(v.number(), v.integer(), v.minValue(1)),
      amount: v.pipe(v.number(), v.minValue(0), v.description("Of all orders, decimal: 19.99")),
      currency: v.string(),
      firstOrderAt: time,
      lastOrderAt: time,
    }),
    unless0: "orders",
    document({ id, name, orders, amount, createdAt, lastOrderAt }, currency) {
      const who = JSON.stringify({ id, ...(name === null ? {} : { name }) }).slice(0, -1);
      // Sums may pass what JSON's readers count exactly; their printed form is theirs to judge.
      const sums = `"orders":${orders},"amount":${printMinorUnits(amount, currency)}`;
      const rest = JSON.stringify({ currency, firstOrderAt: createdAt, lastOrderAt }).slice(1);
      return `${who},${sums},${rest}`;
    },
  },
});

/** Whatever becomes of an order, it counts until it is deleted, for the customer that it names last. */
function ofOrder(order: Contribution | undefined, event: RecordedEvent<OrderEvent>): Contribution {
  switch (event.type) {
    case "OrderCreated": {
      const { customer, amount } = event.data;
      const of = { customer: customerKey(customer), amount, orderedAt: event.at };
      return { ...of, orders: 1, name: null, deleted: false };
    }
    case "OrderChanged":
      return {
        ...existing(order, event),
        customer: customerKey(event.data.customer),
        amount: event.data.amount,
      };
    case "OrderDeleted":
      return { ...existing(order, event), deleted: true };
    case "OrderShipped":
    case "OrderDelivered":
    case "OrderCancelled":
    case "OrderPaymentRecorded":
    case "OrderStockRequested":
    case "OrderStockReserved":
    case "OrderRefused":
    case "OrderStockDue":
    case "OrderStockSettled":
      return existing(order, event);
  }
}

function ofUser(user: Contribution | undefined, event: RecordedEvent<UserEvent>): Contribution {
  switch (event.type) {
    case "UserCreated": {
      const of = { customer: customerKey(event.aggregateId), name: customerKey(event.data.name) };
      return { ...of, orders: 0, amount: 0, orderedAt: null, deleted: false };
    }
    case "UserChanged":
      return { ...existing(user, event), name: customerKey(event.data.name) };
    case "UserDeleted":
      return { ...existing(user, event), deleted: true };
  }
}

function existing(contribution: Contribution | undefined, { type }: { type: string }): Contribution {
  if (!contribution) throw new Error(`${type} stands before what it is about in its stream`);
  return contribution;
}
