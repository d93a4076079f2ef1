import type { OrderCommand } from "./commands.ts";
import { ORDER_STATUSES, type OrderStatus } from "./state.ts";

/** Reads a status word in any case; undefined where it names no status. */
export function readStatus(word: string): OrderStatus | undefined {
  return statusByWord.get(word.toLowerCase());
}

/** What a client that asks for this status asks to be done. */
export function statusCommand(status: OrderStatus): OrderCommand {
  switch (status) {
    case "CREATED":
      return { type: "KeepOrderCreated" };
    case "SHIPPED":
      return { type: "ShipOrder" };
    case "DELIVERED":
      return { type: "DeliverOrder" };
    case "CANCELLED":
      return { type: "CancelOrder" };
  }
}

const statusByWord: ReadonlyMap<string, OrderStatus> = new Map(
  ORDER_STATUSES.map((status) => [status.toLowerCase(), status]),
);
