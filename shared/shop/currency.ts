// The currency that a store's amounts are in. The command API claims it at its first start; nobody reads or writes
// amounts in another one. shared/decisions/one-shop-one-currency.md says why.

import { InvalidConfig } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";
import { type KeptCurrency, keepCurrency, keptCurrency } from "@millrace/platform/installation";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { decimalsOf } from "./money.ts";

export interface CurrencyOptions {
  readonly sql: Sql;
  /** MILLRACE_CURRENCY */
  readonly currency: string;
  /** Whether a store without a currency gets this one: only the app that writes amounts may claim it. */
  readonly claim: boolean;
  readonly log: Log;
}

/** Time, in ms, between tries while Postgres is away: as long as other waits for it take. */
const TRY_AGAIN_MS = 1_000;

/**
 * Resolves where the store's currency is this one. While Postgres is away it resolves as well, so that the process can
 * say so, and asks again until it knows; the process ends then if the currency is another.
 * @throws InvalidConfig naming both currencies.
 */
export async function requireCurrency(options: CurrencyOptions): Promise<void> {
  if (!(await isKnown(options))) void askAgain(options);
}

async function askAgain(options: CurrencyOptions): Promise<void> {
  do await Bun.sleep(TRY_AGAIN_MS);
  while (!(await isKnown(options)));
}

/** Whether the store's currency is known to be this one; false where Postgres could not be asked. @throws InvalidConfig */
async function isKnown({ sql, currency, claim, log }: CurrencyOptions): Promise<boolean> {
  let kept: KeptCurrency | undefined;
  try {
    kept = (await keptCurrency(sql)) ?? (claim ? await claimed(sql, currency) : undefined);
  } catch (error) {
    log.warn({ cause: describe(error) }, "the store's currency could not be read yet, trying again");
    return false;
  }
  if (kept) refuseOther(kept, currency);
  return true;
}

/** Before stores kept their currency, all amounts were hundredths. */
const EARLIER_DECIMALS = 2;

async function claimed(sql: Sql, currency: string): Promise<KeptCurrency | undefined> {
  const [earlier] = await sql<{ currency: string }[]>`
    select data ->> 'currency' as currency from events where data ->> 'currency' is not null limit 1`;
  const kept = earlier
    ? { currency: earlier.currency, decimals: EARLIER_DECIMALS }
    : { currency, decimals: decimalsOf(currency) };
  return keepCurrency(sql, kept);
}

function refuseOther(kept: KeptCurrency, currency: string): void {
  if (kept.currency !== currency) {
    throw new InvalidConfig([
      `MILLRACE_CURRENCY: is ${currency}, and the amounts in this store are in ${kept.currency}: set MILLRACE_CURRENCY=${kept.currency}, or use a database of its own for ${currency}`,
    ]);
  }
  if (kept.decimals !== decimalsOf(currency)) {
    throw new InvalidConfig([
      `MILLRACE_CURRENCY: the amounts in this store have ${kept.decimals} decimals, as an earlier version stored them, and ${currency} has ${decimalsOf(currency)}: they would be read wrong, so use a new database`,
    ]);
  }
}
