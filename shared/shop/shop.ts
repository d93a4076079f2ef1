// The shop: the one list of what it is made of.
import { defineShop } from "@millrace/registry/define-shop";
import { readModels } from "./models.ts";
import { order } from "./order/order.ts";
import { payment } from "./payment/payment.ts";
import type { ShopSettings } from "./settings.ts";
import { user } from "./user/user.ts";

export const PAYMENTS_GROUP = "payments";

export const shop = defineShop<ShopSettings>({
  aggregates: [order, user, payment],
  readModels,
  // Carries the commands of every aggregate; it has its name from the first.
  commandsTopic: "orders-commands",
  processGroups: [PAYMENTS_GROUP],
});
