import { streamName } from "@millrace/events/envelope";
import type { OwnerRules } from "@millrace/queries/owned";
import { orderProblems } from "./order/problems.ts";
import { paymentProblems } from "./payment/problems.ts";
import { userProblems } from "./user/problems.ts";

const orderOf = (id: string) => streamName("order", id);

/**
 * Whose things are. A payment has its order's id, and is whose that is; a user is their own. What is summed up under a
 * customer's name is nobody's but the shop's: any body may give that name.
 */
export const OWNERS: OwnerRules = {
  orders: { streamOf: orderOf, notFound: orderProblems.order_not_found },
  payments: { streamOf: orderOf, notFound: paymentProblems.payment_not_found },
  users: { notFound: userProblems.user_not_found },
};
