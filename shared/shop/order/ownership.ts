import type { Ownership } from "@millrace/commands/ownership";
import type { OrderCommand } from "./commands.ts";

/** An order is whose it was when it was created; older ones, and those that the shop wrote for nobody, are the shop's. */
export const orderOwnership: Ownership<OrderCommand> = {
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
  begunBy: (owner, command) => (command.type === "CreateOrder" ? { ...command, owner } : command),
};
