export type PaymentRefusal =
  | { readonly code: "payment_not_found" }
  | { readonly code: "payment_already_settled" }
  | { readonly code: "payment_not_completed" };
