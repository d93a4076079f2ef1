// Adds to an order's commands what their words don't say: the shop's rules, its prices where a customer asks, and which goods
// stock is kept of.
import type { Asked } from "@millrace/commands/aggregate";
import type { ShopSettings } from "../settings.ts";
import { loadKept } from "../stock/kept.ts";
import type { OrderCommand } from "./commands.ts";
import { loadPrices } from "./price-list.ts";
import { keptGoods, skusOf } from "./stock-life.ts";

/**
 * Customers alone are held to the list: clerks and services name prices, and where access is open nobody is known.
 * @throws Failure `postgres_unavailable`
 */
export function prepareOrder(
  commands: readonly OrderCommand[],
  { principal, settings, sql }: Asked<ShopSettings>,
): readonly OrderCommand[] | Promise<readonly OrderCommand[]> {
  const ruled =
    settings.shipAfter === "payment"
      ? commands.map(
          (each): OrderCommand => (each.type === "ShipOrder" ? { ...each, afterPayment: true } : each),
        )
      : commands;
  const isPricedByList =
    principal.role === "customer" && settings.prices !== "trusted" && ruled.some(isPriced);
  const skus = [...new Set(ruled.flatMap((each) => (isPriced(each) ? skusOf(each.lines ?? []) : [])))];
  if (skus.length === 0) return isPricedByList ? withPrices(ruled, sql) : ruled;
  return withGoods(isPricedByList ? withPrices(ruled, sql) : ruled, skus, sql);
}

/** Only goods that somebody keeps stock of are reserved, as it is at this moment. */
async function withGoods(
  commands: readonly OrderCommand[] | Promise<readonly OrderCommand[]>,
  skus: readonly string[],
  sql: Asked<ShopSettings>["sql"],
): Promise<readonly OrderCommand[]> {
  const [kept, ruled] = await Promise.all([loadKept(sql, skus), commands]);
  if (kept.size === 0) return ruled;
  return ruled.map((each) =>
    isPriced(each) && each.lines ? { ...each, goods: keptGoods(each.lines, (sku) => kept.has(sku)) } : each,
  );
}

async function withPrices(
  commands: readonly OrderCommand[],
  sql: Asked<ShopSettings>["sql"],
): Promise<readonly OrderCommand[]> {
  const names = commands.flatMap((each) =>
    isPriced(each) ? (each.lines ?? []).map(({ name }) => name) : [],
  );
  const list = await loadPrices(sql, [...new Set(names)]);
  return commands.map((each) => (isPriced(each) ? { ...each, list } : each));
}

function isPriced(command: OrderCommand) {
  return command.type === "CreateOrder" || command.type === "ChangeOrder";
}
