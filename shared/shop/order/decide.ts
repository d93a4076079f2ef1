import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import { sameJson } from "@millrace/domain/same-json";
import { changeContent } from "./change.ts";
import type { ChangeOrder, Command, CreateOrder, OrderCommand } from "./commands.ts";
import type { OrderEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { paymentMovesTo } from "./payment-life.ts";
import { pricedChange, pricedOrder } from "./pricing.ts";
import type { OrderRefusal } from "./refusals.ts";
import type { ExistingOrder, OrderState, OrderStatus } from "./state.ts";
import { stockDue } from "./stock-life.ts";

export const orderDecider: Decider<OrderCommand, OrderState, OrderEvent, OrderRefusal> = {
  category: "order",
  initialState: { exists: false },
  evolve,
  decide,
};

type OrderDecision = Decision<OrderEvent, OrderRefusal>;

/** What the shelf owes an order follows from whatever becomes of it, in the same breath. */
function decide(command: OrderCommand, state: OrderState): OrderDecision {
  const decision = decideAlone(command, state);
  if (!decision.accepted || !state.exists || !state.stock) return decision;
  const after = decision.events.reduce(evolve, state as OrderState);
  return after.exists ? accept(...decision.events, ...stockDue(after)) : decision;
}

function decideAlone(command: OrderCommand, state: OrderState): OrderDecision {
  if (command.type === "CreateOrder") return create(command, state);
  if (!state.exists) return refuse({ code: "order_not_found" });
  // A payment that arrives after its order was deleted is recorded still: the money did move.
  if (command.type === "RecordPayment") return recordPayment(command, state);
  // And so does what was reserved for it.
  if (command.type === "RecordStockReserved") {
    return state.stock?.stage === "REQUESTED" ? accept({ type: "OrderStockReserved", data: {} }) : accept();
  }
  if (command.type === "RefuseOrder") return refuseOrder(command, state);
  if (command.type === "SettleStock") return settleStock(command, state);
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
  const { type: _, list: __, goods = [], ...data } = priced.value;
  const requested: OrderEvent[] =
    goods.length === 0 ? [] : [{ type: "OrderStockRequested", data: { goods } }];
  return accept<OrderEvent>({ type: "OrderCreated", data }, ...requested);
}

function change(command: ChangeOrder, order: ExistingOrder): OrderDecision {
  const refused = whileCreated(order);
  if (refused) return refused;
  const priced = command.list ? pricedChange(command, order, command.list) : { value: command };
  if ("issues" in priced) return refuse({ code: "order_price_differs", errors: priced.issues });
  const content = changeContent(order.content, priced.value);
  if (content === undefined) return accept();
  const isOfKept = order.stock !== undefined || (command.goods ?? []).length > 0;
  if (isOfKept && !sameJson(content.lines, order.content.lines))
    return refuse({ code: "order_stock_settled" });
  // The payment was asked for over the old amount and one order has one payment.
  if (content.amount !== order.content.amount && order.payment !== "NONE") {
    return refuse({ code: "order_amount_settled" });
  }
  return accept({ type: "OrderChanged", data: content });
}

function ship({ afterPayment }: Command<"ShipOrder">, order: ExistingOrder): OrderDecision {
  const refused = whileCreated(order);
  if (refused) return refused;
  if (order.stock?.stage === "REQUESTED") return refuse({ code: "order_stock_open" });
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

function recordPayment(
  { paymentId, payment }: Command<"RecordPayment">,
  order: ExistingOrder,
): OrderDecision {
  if (!paymentMovesTo(order.payment, payment)) return accept();
  return accept({ type: "OrderPaymentRecorded", data: { paymentId, payment } });
}

/** An order that was called off meanwhile has ended already. */
function refuseOrder(
  { sku }: Command<"RefuseOrder">,
  { stock, status, deleted }: ExistingOrder,
): OrderDecision {
  const isOpen = stock?.stage === "REQUESTED" && status === "CREATED" && !deleted;
  return isOpen ? accept({ type: "OrderRefused", data: { reason: "stock_short", sku } }) : accept();
}

/** Late news of an end changes nothing; news of the other one contradicts what the order says. */
function settleStock({ as }: Command<"SettleStock">, { stock }: ExistingOrder): OrderDecision {
  const [due, done] =
    as === "released" ? (["RELEASING", "RELEASED"] as const) : (["COMMITTING", "COMMITTED"] as const);
  if (stock?.stage === due) return accept({ type: "OrderStockSettled", data: {} });
  return stock?.stage === done ? accept() : refuse({ code: "order_stock_contradicted" });
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
