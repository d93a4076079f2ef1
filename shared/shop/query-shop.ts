import type { QueryShop } from "@millrace/queries/query-api";
import { orderStatsRoutes } from "./order/query-routes/stats.ts";
import { orderWhyRoutes } from "./order/query-routes/why.ts";
import { OWNERS } from "./owners.ts";
import { shop } from "./shop.ts";

/** What the query API serves beside what it serves of every shop. */
export const queryShop: QueryShop = {
  models: shop.readModels,
  routes: (reads) => [...orderStatsRoutes(reads), ...orderWhyRoutes(reads)],
  written: shop.written,
  owners: OWNERS,
};
