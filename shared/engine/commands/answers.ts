// What a decided command is answered with: HTTP's words for the domain's outcomes.

import { etagOf } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import type { OrderCommand } from "@millrace/shop/order/commands";
import type { OrderEvent } from "@millrace/shop/order/events";
import type { OrderRefusal } from "@millrace/shop/order/refusals";
import type { OrderState } from "@millrace/shop/order/state";
import type { UserCommand } from "@millrace/shop/user/commands";
import type { UserEvent } from "@millrace/shop/user/events";
import type { UserRefusal } from "@millrace/shop/user/refusals";
import type { UserState } from "@millrace/shop/user/state";
import type { StoredAnswer } from "@millrace/store/append";
import type { Settled } from "@millrace/store/settle";

/** The id of the stream that was decided on, and the request that asked. */
interface Asked<Command> {
  readonly id: string;
  readonly commands: readonly Command[];
  readonly requestId: string;
}

export function orderAnswer(
  { id, commands, requestId }: Asked<OrderCommand>,
  settled: Settled<OrderState, OrderEvent, OrderRefusal>,
): StoredAnswer {
  const { state, version } = settled;
  if (settled.outcome === "refused") return problem(settled.refusal.code, { requestId });
  const created = commands[0]?.type === "CreateOrder";
  if (settled.outcome === "stale") {
    return problem(created || isThere(state) ? "stale_version" : "order_not_found", { requestId });
  }
  const etag = etagOf(version);
  if (!state.exists) throw new Error(`Order ${id} was accepted and does not exist`);
  if (state.deleted) return { status: 204, headers: { etag }, body: null };
  if (created) {
    const headers = { etag, location: `/orders/${id}` };
    return { status: 201, headers, body: { id, status: state.status } };
  }
  const { status, payment } = state;
  return { status: 200, headers: { etag }, body: { id, status, payment, version } };
}

export function userAnswer(
  { id: streamId, commands, requestId }: Asked<UserCommand>,
  settled: Settled<UserState, UserEvent, UserRefusal>,
): StoredAnswer {
  const { state, version } = settled;
  if (settled.outcome === "refused") return problem(settled.refusal.code, { requestId });
  const created = commands[0]?.type === "CreateUser";
  if (settled.outcome === "stale") {
    return problem(created || isThere(state) ? "stale_version" : "user_not_found", { requestId });
  }
  const etag = etagOf(version);
  if (!state.exists) throw new Error(`User ${streamId} was accepted and does not exist`);
  if (state.deleted) return { status: 204, headers: { etag }, body: null };
  const { id, name, email } = state;
  const body = { id, name, ...(email === undefined ? {} : { email }), version };
  if (!created) return { status: 200, headers: { etag }, body };
  return { status: 201, headers: { etag, location: `/users/${streamId}` }, body };
}

function isThere(state: { readonly exists: boolean; readonly deleted?: boolean }): boolean {
  return state.exists && state.deleted !== true;
}
