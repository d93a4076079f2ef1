import type { PriceIssue } from "./pricing.ts";

/** Facts that forbid a command on an order. `code` is part of the public contract. */
export type OrderRefusal =
  | { readonly code: "order_not_found" }
  | { readonly code: "order_already_exists" }
  | { readonly code: "order_already_shipped" }
  | { readonly code: "order_already_delivered" }
  | { readonly code: "order_already_cancelled" }
  | { readonly code: "order_not_shipped" }
  | { readonly code: "order_payment_failed" }
  | { readonly code: "order_not_paid" }
  | { readonly code: "order_amount_settled" }
  | { readonly code: "order_stock_open" }
  | { readonly code: "order_stock_settled" }
  | { readonly code: "order_stock_contradicted" }
  | { readonly code: "order_price_differs"; readonly errors: readonly PriceIssue[] };
