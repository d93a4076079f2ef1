import { streamName } from "@millrace/events/envelope";
import type { OwnerRules } from "@millrace/queries/owned";

const orderOf = (id: string) => streamName("order", id);

/** Whose things are. A payment has its order's id, and is whose that is. */
export const OWNERS: OwnerRules = {
  orders: { streamOf: orderOf, notFound: "order_not_found" },
  payments: { streamOf: orderOf, notFound: "payment_not_found" },
  users: { notFound: "user_not_found" },
};
