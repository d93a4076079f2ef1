import type { QueryShop } from "@millrace/queries/query-api";
import { readModels } from "./models.ts";
import { orderStatsRoutes } from "./order/query-routes/stats.ts";
import { orderWhyRoutes } from "./order/query-routes/why.ts";
import { OWNERS } from "./owners.ts";

/** What the query API serves beside what it serves of every shop. */
export const queryShop: QueryShop = {
  models: readModels,
  routes: (reads) => [...orderStatsRoutes(reads), ...orderWhyRoutes(reads)],
  written: {
    shared: ["/orders", "/orders/:id", "/users", "/users/:id"],
    commandsOnly: ["/create-order"],
  },
  owners: OWNERS,
};
