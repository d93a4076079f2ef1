// What clients are told of an order's refusals.
import { type NamedProblem, nameProblems } from "@millrace/http/problem";
import type { OrderRefusal } from "./refusals.ts";

export const orderProblems: Readonly<Record<OrderRefusal["code"], NamedProblem>> = nameProblems({
  order_not_found: { status: 404, title: "Order not found", detail: "There is no order with this id." },
  order_already_exists: {
    status: 409,
    title: "Order already exists",
    detail: "An order with this id was created before. Ids are never given again, not even after a DELETE.",
  },
  order_already_shipped: {
    status: 409,
    title: "Order already shipped",
    detail: "A shipped order can only be delivered.",
  },
  order_already_delivered: {
    status: 409,
    title: "Order already delivered",
    detail: "A delivered order stays as it is.",
  },
  order_already_cancelled: {
    status: 409,
    title: "Order already cancelled",
    detail: "A cancelled order stays as it is.",
  },
  order_not_shipped: {
    status: 409,
    title: "Order not shipped",
    detail: "Only a shipped order can be delivered.",
  },
  order_payment_failed: {
    status: 409,
    title: "Payment failed",
    detail: "An order whose payment has failed is not shipped.",
  },
  order_not_paid: {
    status: 409,
    title: "Order not paid",
    detail: "This shop ships an order when its payment is COMPLETED.",
  },
  order_amount_settled: {
    status: 409,
    title: "Amount settled",
    detail: "The order's payment was asked for already, so its amount can't change.",
  },
  order_stock_open: {
    status: 409,
    title: "Stock open",
    detail: "The order's goods have yet to be reserved. Ask again in a moment.",
  },
  order_stock_settled: {
    status: 409,
    title: "Stock settled",
    detail:
      "What stock is kept of is ordered by a new order: the lines of this one can't be changed to or from it.",
  },
  order_stock_contradicted: {
    status: 409,
    title: "Stock contradicted",
    detail: "The shelf says something else of the order's goods than the order does.",
  },
  order_price_differs: {
    status: 422,
    title: "Price differs",
    detail:
      "What a customer orders costs what the shop's price list says. Each entry of errors says where in the order it differs; words without prices and sums are priced by the list.",
  },
});
