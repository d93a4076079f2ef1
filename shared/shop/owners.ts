import { streamName } from "@millrace/events/envelope";
import type { OwnerRules } from "@millrace/queries/owned";
import { notFound } from "@millrace/queries/routes/find-row";
import { customersModel } from "./customer/read-model/model.ts";
import { orderProblems } from "./order/problems.ts";
import { paymentProblems } from "./payment/problems.ts";
import { userProblems } from "./user/problems.ts";

const orderOf = (id: string) => streamName("order", id);

/** Whose things are. A payment has its order's id, and is whose that is; a user and a customer are their own. */
export const OWNERS: OwnerRules = {
  orders: { streamOf: orderOf, notFound: orderProblems.order_not_found },
  payments: { streamOf: orderOf, notFound: paymentProblems.payment_not_found },
  customers: { notFound: notFound(customersModel) },
  users: { notFound: userProblems.user_not_found },
};
