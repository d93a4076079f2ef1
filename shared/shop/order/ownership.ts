import type { Ownership } from "@millrace/commands/ownership";
import type { OrderCommand } from "./commands.ts";
import type { OrderState } from "./state.ts";

/** An order is whose it was when it was created; older ones, and those that the shop wrote for nobody, are the shop's. */
export const orderOwnership: Ownership<OrderCommand, OrderState> = {
  verbs: {
    CreateOrder: "create",
    ChangeOrder: "change",
    KeepOrderCreated: "change",
    CancelOrder: "change",
    ShipOrder: "advance",
    DeliverOrder: "advance",
    // It sends back what was paid, also for what was shipped.
    DeleteOrder: "remove",
    RecordPayment: "internal",
    RecordStockReserved: "internal",
    RefuseOrder: "internal",
    SettleStock: "internal",
  },
  ownerOf: (_, state) => (state.exists ? state.owner : undefined),
  begunBy: (owner, command) => (command.type === "CreateOrder" ? { ...command, owner } : command),
};
