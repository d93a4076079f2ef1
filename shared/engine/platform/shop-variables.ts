// Of the environment what only a shop makes something of; it checks the words, as the reader of all of them knows no shop.
import * as v from "valibot";
import { count, duration } from "./config-fields.ts";

const minuteMs = 60_000;

/** Empty means unset, as compose leaves what nobody has set. */
const word = v.pipe(
  v.optional(v.string()),
  v.transform((said) => said || undefined),
);

export const shopVariables = {
  /** The payment gateway by its name; shared/shop/payment/choose-gateway.ts has them. */
  MILLRACE_GATEWAY: word,
  /** Calls to the payment gateway under way at once. */
  MILLRACE_GATEWAY_CALLS_MAX: count(32, 10_000),
  /** How long one call to the gateway may take before its outcome counts as unknown. */
  MILLRACE_GATEWAY_TIMEOUT_MS: count(2_000, minuteMs),
  /** How long after its creation an order has to be paid: 30m, 24h, 7d. One that is not by then is cancelled. Unset: never. */
  MILLRACE_PAYMENT_DUE: duration,
  /** Who says what a customer pays; shared/shop/settings.ts has the words. */
  MILLRACE_PRICES: word,
  /** What shipping waits for; shared/shop/settings.ts has the words. */
  MILLRACE_SHIP_AFTER: word,
};
