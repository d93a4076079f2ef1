import type { OrderContent, OrderEvent } from "./events.ts";
import type { ExistingOrder, OrderPayment, OrderState, OrderStock } from "./state.ts";
import { stockAfter } from "./stock-life.ts";

/** Throws where an event stands before its OrderCreated: such a stream is damaged and must not be read on. */
export function evolve(state: OrderState, event: OrderEvent): OrderState {
  switch (event.type) {
    case "OrderCreated": {
      const { orderId, currency, owner, ...content } = event.data;
      const payment = paymentAfter("NONE", content);
      const order = {
        exists: true,
        deleted: false,
        orderId,
        currency,
        status: "CREATED",
        payment,
        content,
      } as const;
      return owner === undefined ? order : { ...order, owner };
    }
    case "OrderChanged": {
      const order = existing(state, event);
      return { ...order, content: event.data, payment: paymentAfter(order.payment, event.data) };
    }
    case "OrderShipped":
      return { ...existing(state, event), status: "SHIPPED" };
    case "OrderDelivered":
      return { ...existing(state, event), status: "DELIVERED" };
    case "OrderCancelled":
      return { ...existing(state, event), status: "CANCELLED" };
    case "OrderDeleted":
      return { ...existing(state, event), deleted: true };
    case "OrderPaymentRecorded":
      return { ...existing(state, event), payment: event.data.payment };
    case "OrderStockRequested":
      return { ...existing(state, event), stock: { stage: "REQUESTED", goods: event.data.goods } };
    case "OrderRefused": {
      const order = withStock(state, event);
      return { ...order, status: "CANCELLED", stock: { ...order.stock, shortOf: event.data.sku } };
    }
    case "OrderStockReserved":
    case "OrderStockDue":
    case "OrderStockSettled": {
      const order = withStock(state, event);
      return { ...order, stock: stockAfter(order.stock, event) };
    }
  }
}

/** An order with nothing to pay owes a payment from the moment that it has an amount. */
function paymentAfter(payment: OrderPayment, content: OrderContent): OrderPayment {
  return payment === "NONE" && content.amount > 0 ? "PENDING" : payment;
}

function existing(state: OrderState, event: OrderEvent): ExistingOrder {
  if (!state.exists) throw new Error(`${event.type} stands before OrderCreated in its stream`);
  return state;
}

function withStock(state: OrderState, event: OrderEvent): ExistingOrder & { readonly stock: OrderStock } {
  const order = existing(state, event);
  const { stock } = order;
  if (!stock) throw new Error(`${event.type} stands before OrderStockRequested in its stream`);
  return { ...order, stock };
}
