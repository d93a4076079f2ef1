// What an operator may set of the shop, by the variable's name; the engine's own stand in platform/config.ts.
import type { Config } from "@millrace/platform/config";
import { count, duration, oneOf, word } from "@millrace/platform/config-fields";
import { readShopVariables } from "@millrace/platform/shop-variables";

const variables = {
  /** The payment gateway by its name; payment/choose-gateway.ts has them. */
  MILLRACE_GATEWAY: word,
  /** Calls to the payment gateway under way at once. */
  MILLRACE_GATEWAY_CALLS_MAX: count(32, 10_000),
  /** How long one call to the gateway may take before its outcome counts as unknown. */
  MILLRACE_GATEWAY_TIMEOUT_MS: count(2_000, 60_000),
  /** How long after its creation an order has to be paid: 30m, 24h, 7d. One that is not by then is cancelled. Unset: never. */
  MILLRACE_PAYMENT_DUE: duration,
  /** What a customer pays: what the price list says, or what they say themselves. */
  MILLRACE_PRICES: oneOf(["listed", "trusted"]),
  /** What shipping waits for: the creation alone, or the payment where there is something to pay. */
  MILLRACE_SHIP_AFTER: oneOf(["creation", "payment"]),
};

type Variables = ReturnType<typeof shopVariables>;

/** What the shop's bodies are read with, and its rules that an operator may set. */
export interface ShopSettings {
  /** The one currency that the shop sells in, ISO 4217. */
  readonly currency: string;
  /** MILLRACE_PRICES; `listed` without it. */
  readonly prices?: Variables["MILLRACE_PRICES"];
  /** MILLRACE_SHIP_AFTER; `creation` without it. */
  readonly shipAfter?: Variables["MILLRACE_SHIP_AFTER"];
}

/** @throws InvalidConfig naming each variable that is wrong */
export function shopVariables(config: Pick<Config, "shopVariables">) {
  return readShopVariables(variables, config);
}

/** @throws InvalidConfig naming each variable that is wrong */
export function shopSettings(config: Pick<Config, "MILLRACE_CURRENCY" | "shopVariables">): ShopSettings {
  const { MILLRACE_PRICES, MILLRACE_SHIP_AFTER } = shopVariables(config);
  return { currency: config.MILLRACE_CURRENCY, prices: MILLRACE_PRICES, shipAfter: MILLRACE_SHIP_AFTER };
}
