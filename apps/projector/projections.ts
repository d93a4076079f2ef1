import { ordersProjection } from "@millrace/read-models/orders/projection";
import { paymentsProjection } from "@millrace/read-models/payments/projection";
import type { Projection } from "@millrace/read-models/read-model";
import { usersProjection } from "@millrace/read-models/users/projection";

/** The read models that are kept. What no projection is made of is not read: a topic of EVENT_TOPICS may have none. */
export const PROJECTIONS: readonly Projection[] = [ordersProjection, paymentsProjection, usersProjection];

export function topicsRead(projections: readonly Pick<Projection, "topic">[]): string[] {
  return [...new Set(projections.map(({ topic }) => topic))];
}
