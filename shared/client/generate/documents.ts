// What the two APIs document, made from the shop's own definitions without a server. A test holds it against served ones.
import { namedReader } from "@millrace/commands/command-names";
import { restRoutes } from "@millrace/commands/rest-routes";
import { commandRoutes } from "@millrace/commands/routes/commands";
import type { CommandApi } from "@millrace/commands/take-write";
import { openapi } from "@millrace/http/openapi";
import type { OpenApiDocument } from "@millrace/http/openapi-document";
import { OPEN } from "@millrace/platform/access-mode";
import type { Reads } from "@millrace/queries/reads";
import { modelRoutes } from "@millrace/queries/routes/model-routes";
import type { ShopSettings } from "@millrace/shop/settings";
import { shop } from "@millrace/shop/shop";
import { UNKNOWN_CURRENCY } from "./print-type.ts";

export function documents(): OpenApiDocument[] {
  const context = { newId: () => "", settings: { currency: UNKNOWN_CURRENCY } };
  // Routes hold on to these and use them only when they are asked.
  const api = { context } as CommandApi<ShopSettings>;
  const reads = {} as Reads;
  const written = [
    ...shop.aggregates.flatMap((aggregate) => restRoutes(api, aggregate)),
    ...commandRoutes(api, shop.aggregates, namedReader(shop.aggregates, context)),
  ];
  const read = [...shop.queryRoutes(reads), ...shop.readModels.flatMap((model) => modelRoutes(reads, model))];
  return [written, read].map((routes) => openapi({ title: "", description: "", routes, exposure: OPEN }));
}
