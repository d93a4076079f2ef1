// What `bun run ops` has for this shop alone.
import type { OpsShop } from "@millrace/ops/context";
import { addPrices } from "./order/ops-prices.ts";

export const opsCommands: NonNullable<OpsShop["commands"]> = [addPrices];
