import type { Config } from "@millrace/platform/config";

/** What the shop's bodies are read with. */
export interface ShopSettings {
  /** The one currency that the shop sells in, ISO 4217. */
  readonly currency: string;
  /** Whether a customer's order costs what it says or, as without it, what the price list says: MILLRACE_PRICES. */
  readonly prices?: Config["MILLRACE_PRICES"];
  /** What an order has to wait for before it is shipped; nothing without it: MILLRACE_SHIP_AFTER. */
  readonly shipAfter?: Config["MILLRACE_SHIP_AFTER"];
}
