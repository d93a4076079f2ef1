import type { Projection } from "@millrace/read-models/read-model";
import { ordersProjection } from "@millrace/shop/order/read-model/projection";
import { paymentsProjection } from "@millrace/shop/payment/read-model/projection";
import { usersProjection } from "@millrace/shop/user/read-model/projection";

/** The read models that are kept. What no projection is made of is not read: a topic of EVENT_TOPICS may have none. */
export const PROJECTIONS: readonly Projection[] = [ordersProjection, paymentsProjection, usersProjection];

export function topicsRead(projections: readonly Pick<Projection, "topic">[]): string[] {
  return [...new Set(projections.map(({ topic }) => topic))];
}
