// What an order's commands are decided with beside their words: the shop's rules, and its prices where whoever asks may
// not name them.
import type { Asked } from "@millrace/commands/aggregate";
import type { ShopSettings } from "../settings.ts";
import type { OrderCommand } from "./commands.ts";
import { loadPrices } from "./price-list.ts";

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
  if (principal.role !== "customer" || settings.prices === "trusted" || !ruled.some(isPriced)) return ruled;
  return withPrices(ruled, sql);
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
