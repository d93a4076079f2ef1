// The shop: the one list of what it is made of.
import { CHANGE, KEEP, READ } from "@millrace/platform/table-rights";
import { defineShop } from "@millrace/registry/define-shop";
import { customersModel } from "./customer/read-model/model.ts";
import { order } from "./order/order.ts";
import { prices } from "./order/prices-table.ts";
import { paymentTasks } from "./payment/former-tasks-table.ts";
import { payment } from "./payment/payment.ts";
import { payments } from "./payment/payments.ts";
import { simulatedGatewayCharges } from "./payment/simulated-gateway-table.ts";
import { reservations } from "./reservation/reservations.ts";
import type { ShopSettings } from "./settings.ts";
import { stock } from "./stock/stock.ts";
import { user } from "./user/user.ts";

export const shop = defineShop<ShopSettings>({
  aggregates: [order, user, payment, stock],
  // Those that several aggregates make together; one that an aggregate makes alone stands with it.
  readModels: [customersModel],
  // Carries the commands of every aggregate; it has its name from the first.
  commandsTopic: "orders-commands",
  processes: [payments, reservations],
  // Was that of payments alone; it keeps the name under which its place is kept.
  processesGroup: "payments",
  // What it keeps beside its read models, and which apps need it for what.
  tables: [
    { table: prices, rights: { "command-api": READ, ops: KEEP } },
    { table: simulatedGatewayCharges, rights: { processes: CHANGE } },
    { table: paymentTasks, rights: {} },
  ],
});
