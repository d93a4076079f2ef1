import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import { changeContent } from "./change.ts";
import type { ChangeOrder, CreateOrder, OrderCommand, RecordPayment, ShipOrder } from "./commands.ts";
import type { OrderEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { paymentMovesTo } from "./payment-life.ts";
import { pricedChange, pricedOrder } from "./pricing.ts";
import type { OrderRefusal } from "./refusals.ts";
import type { ExistingOrder, OrderState, OrderStatus } from "./state.ts";

export const orderDecider: Decider<OrderCommand, OrderState, OrderEvent, OrderRefusal> = {
  category: "order",
  initialState: { exists: false },
  evolve,
  decide,
};

type OrderDecision = Decision<OrderEvent, OrderRefusal>;

function decide(command: OrderCommand, state: OrderState): OrderDecision {
  if (command.type === "CreateOrder") return create(command, state);
  if (!state.exists) return refuse({ code: "order_not_found" });
  // A payment that arrives after its order was deleted is recorded still: the money did move.
  if (command.type === "RecordPayment") return recordPayment(command, state);
  if (state.deleted) return refuse({ code: "order_not_found" });

  switch (command.type) {
    case "ChangeOrder":
      return change(command, state);
    case "KeepOrderCreated":
      return whileCreated(state) ?? accept();
    case "ShipOrder":
      return ship(command, state);
    case "DeliverOrder":
      return deliver(state);
    case "CancelOrder":
      return whileCreated(state) ?? accept({ type: "OrderCancelled", data: {} });
    case "DeleteOrder":
      return accept({ type: "OrderDeleted", data: {} });
  }
}

/** A deleted order's id counts as taken: it is never given again. */
function create(command: CreateOrder, state: OrderState): OrderDecision {
  if (state.exists) return refuse({ code: "order_already_exists" });
  const priced = command.list ? pricedOrder(command, command.list) : { value: command };
  if ("issues" in priced) return refuse({ code: "order_price_differs", errors: priced.issues });
  const { type: _, list: __, ...data } = priced.value;
  return accept({ type: "OrderCreated", data });
}

function change(command: ChangeOrder, order: ExistingOrder): OrderDecision {
  const refused = whileCreated(order);
  if (refused) return refused;
  const priced = command.list ? pricedChange(command, order, command.list) : { value: command };
  if ("issues" in priced) return refuse({ code: "order_price_differs", errors: priced.issues });
  const content = changeContent(order.content, priced.value);
  if (content === undefined) return accept();
  // The payment was asked for over the old amount and one order has one payment.
  if (content.amount !== order.content.amount && order.payment !== "NONE") {
    return refuse({ code: "order_amount_settled" });
  }
  return accept({ type: "OrderChanged", data: content });
}

function ship({ afterPayment }: ShipOrder, order: ExistingOrder): OrderDecision {
  const refused = whileCreated(order);
  if (refused) return refused;
  if (order.payment === "FAILED") return refuse({ code: "order_payment_failed" });
  if (afterPayment && order.payment !== "NONE" && order.payment !== "COMPLETED") {
    return refuse({ code: "order_not_paid" });
  }
  return accept({ type: "OrderShipped", data: {} });
}

function deliver(order: ExistingOrder): OrderDecision {
  switch (order.status) {
    case "CREATED":
      return refuse({ code: "order_not_shipped" });
    case "SHIPPED":
      return accept({ type: "OrderDelivered", data: {} });
    case "DELIVERED":
    case "CANCELLED":
      return refuse(leftCreated[order.status]);
  }
}

function recordPayment({ paymentId, payment }: RecordPayment, order: ExistingOrder): OrderDecision {
  if (!paymentMovesTo(order.payment, payment)) return accept();
  return accept({ type: "OrderPaymentRecorded", data: { paymentId, payment } });
}

const leftCreated: Readonly<Record<Exclude<OrderStatus, "CREATED">, OrderRefusal>> = {
  SHIPPED: { code: "order_already_shipped" },
  DELIVERED: { code: "order_already_delivered" },
  CANCELLED: { code: "order_already_cancelled" },
};

/** The refusal of what is open to an order only while it is CREATED; undefined while it is. */
function whileCreated(order: ExistingOrder): OrderDecision | undefined {
  return order.status === "CREATED" ? undefined : refuse(leftCreated[order.status]);
}
