import { type Config, InvalidConfig } from "@millrace/platform/config";

const PRICES = ["listed", "trusted"] as const;
const SHIP_AFTER = ["creation", "payment"] as const;

/** What the shop's bodies are read with, and its rules that an operator may set. */
export interface ShopSettings {
  /** The one currency that the shop sells in, ISO 4217. */
  readonly currency: string;
  /** What a customer pays: what the price list says, as without it, or what they say themselves. */
  readonly prices?: (typeof PRICES)[number];
  /** What shipping waits for: the creation alone, as without it, or the payment where there is something to pay. */
  readonly shipAfter?: (typeof SHIP_AFTER)[number];
}

/** @throws InvalidConfig naming each word that nobody knows */
export function shopSettings(
  config: Pick<Config, "MILLRACE_CURRENCY" | "MILLRACE_PRICES" | "MILLRACE_SHIP_AFTER">,
): ShopSettings {
  const reasons: string[] = [];
  const oneOf = <Word extends string>(
    variable: keyof typeof config,
    words: readonly [Word, ...Word[]],
  ): Word => {
    const said = config[variable] ?? words[0];
    const known = words.find((word) => word === said);
    if (known === undefined) reasons.push(`${variable}: is ${said}, expected one of ${words.join(", ")}`);
    return known ?? words[0];
  };
  const settings = {
    currency: config.MILLRACE_CURRENCY,
    prices: oneOf("MILLRACE_PRICES", PRICES),
    shipAfter: oneOf("MILLRACE_SHIP_AFTER", SHIP_AFTER),
  };
  if (reasons.length > 0) throw new InvalidConfig(reasons);
  return settings;
}
