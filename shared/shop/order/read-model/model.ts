import * as v from "valibot";
import { instant, word } from "@millrace/read-models/asked-values";
import { defineReadModel, evolving, streamsOf } from "@millrace/read-models/define";
import { createdAfter, createdBefore, equal } from "@millrace/read-models/filters";
import type { Row } from "@millrace/read-models/rows";
import type { Stored } from "@millrace/read-models/stored-rows";
import { fromMinorUnits } from "../../money.ts";
import { orderCodec } from "../codec.ts";
import { orderDecider } from "../decide.ts";
import type { OrderContent, OrderEvent } from "../events.ts";
import {
  type ExistingOrder,
  ORDER_PAYMENTS,
  ORDER_STATUSES,
  type OrderPayment,
  type OrderStatus,
  type OrderStock,
} from "../state.ts";
import { CUSTOMER_LENGTH_MAX, customerKey } from "./customer-key.ts";
import { contentOf, lineInDecimals, printContent, printDocument } from "./document.ts";
import { orderDocument } from "./schema.ts";
import { orderStats } from "./stats-table.ts";
import { orders } from "./table.ts";

export interface ShownOrder {
  /** The domain's own state. An order that was read back has no content here but its text in `content`. */
  readonly order: ExistingOrder;
  /** See printContent. */
  readonly content: string;
  readonly customerKey: string | null;
}

export type OrderRow = Row<ShownOrder>;

export const ordersModel = defineReadModel({
  name: "orders",
  of: streamsOf({
    category: orderDecider.category,
    codec: orderCodec,
    next,
    told,
    commands: {
      OrderCreated: "CreateOrder",
      OrderChanged: "ChangeOrder",
      OrderShipped: "ShipOrder",
      OrderDelivered: "DeliverOrder",
      OrderCancelled: "CancelOrder",
      OrderDeleted: "DeleteOrder",
      OrderPaymentRecorded: "RecordPayment",
      OrderStockRequested: "CreateOrder",
      OrderStockReserved: "RecordStockReserved",
      OrderRefused: "RefuseOrder",
      OrderStockDue: "CancelOrder",
      OrderStockSettled: "SettleStock",
    },
  }),
  table: orders,
  columns: {
    status: ({ value }) => value.order.status,
    payment: ({ value }) => value.order.payment,
    stock: ({ value }) => value.order.stock?.stage ?? null,
    shortOf: ({ value }) => value.order.stock?.shortOf ?? null,
    customer: ({ value }) => value.customerKey,
    owner: ({ value }) => value.order.owner ?? null,
    amount: ({ value }) => value.order.content.amount,
    currency: ({ value }) => value.order.currency,
    deleted: ({ value }) => value.order.deleted,
  },
  document: documentOf,
  restore,
  sums: {
    table: orderStats,
    key: { status: "status", payment: "payment" },
    columns: { orders: { is: "count" }, amount: { is: "sum", of: "amount" } },
  },
  shown: {
    noun: "order",
    ownedBy: (sql, owner) => sql`owner = ${owner}`,
    schema: orderDocument,
    tones: {
      ...{ CREATED: "calm", SHIPPED: "busy", DELIVERED: "good", CANCELLED: "warn" },
      ...{
        NONE: "calm",
        PENDING: "busy",
        COMPLETED: "good",
        FAILED: "bad",
        UNKNOWN: "warn",
        REFUNDED: "calm",
      },
    },
    filters: {
      status: equal(
        "status",
        word(ORDER_STATUSES),
        `In this status, in any case: ${ORDER_STATUSES.join(", ")}`,
      ),
      payment: equal(
        "payment",
        word(ORDER_PAYMENTS),
        `With this payment, in any case: ${ORDER_PAYMENTS.join(", ")}`,
      ),
      customer: equal(
        "customer",
        v.pipe(
          v.string(),
          v.maxLength(CUSTOMER_LENGTH_MAX, "Is longer than any customer"),
          v.transform((customer) => customer.normalize("NFC")),
          v.string(),
        ),
        "Of this customer, exactly",
        customerKey,
      ),
      createdAfter: createdAfter(instant, "Created later than this instant"),
      createdBefore: createdBefore(instant, "Created earlier than this instant"),
    },
  },
});

const orderAfter = evolving(orderDecider);

/** The domain's evolve decides what becomes of the order; only changed content is printed anew. */
function next(shown: ShownOrder | undefined, event: OrderEvent): ShownOrder {
  const order = orderAfter(shown?.order, event);
  if (shown && shown.order.content === order.content) return { ...shown, order };
  const { content, currency } = order;
  return { order, content: printContent(content, currency), customerKey: customerKey(content.customer) };
}

function told(event: OrderEvent, currency: string): unknown {
  switch (event.type) {
    case "OrderCreated":
    case "OrderChanged": {
      const { lines, amount } = event.data;
      return {
        ...event.data,
        lines: lines.map((line) => lineInDecimals(line, currency)),
        amount: fromMinorUnits(amount, currency),
      };
    }
    case "OrderShipped":
    case "OrderDelivered":
    case "OrderCancelled":
    case "OrderDeleted":
    case "OrderPaymentRecorded":
    case "OrderStockRequested":
    case "OrderStockReserved":
    case "OrderRefused":
    case "OrderStockDue":
    case "OrderStockSettled":
      return event.data;
  }
}

/** An order that was read back. */
export function restore(stored: Stored<typeof orders>): ShownOrder {
  const { id, status, payment, customer, owner, amount, currency, deleted, document } = stored;
  const stock = stockOf(stored);
  const life = {
    ...{ id, status: status as OrderStatus, payment: payment as OrderPayment },
    ...(stock ? { stock } : {}),
  };
  const content = contentKeptAsText(amount);
  const order = { exists: true, deleted, orderId: id, currency, ...life, content } as const;
  return {
    order: owner === null ? order : { ...order, owner },
    content: contentOf(document, life),
    customerKey: customer,
  };
}

/** Of the goods themselves no reader is told here. */
function stockOf({ stock, shortOf }: Stored<typeof orders>): OrderStock | undefined {
  if (stock === null) return undefined;
  const stage = stock as OrderStock["stage"];
  return { stage, goods: [], ...(shortOf === null ? {} : { shortOf }) };
}

/** Events hold the whole content or leave it alone, so none ever asks what it was; the amount is for the stats. */
function contentKeptAsText(amount: number): OrderContent {
  return { customer: null, lines: [], amount, written: {} };
}

/** JSON text. */
export function documentOf({ id, version, value, createdAt, updatedAt }: OrderRow): string {
  const { status, payment, stock } = value.order;
  return printDocument({ id, status, payment, stock, version, createdAt, updatedAt }, value.content);
}
