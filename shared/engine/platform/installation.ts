// What a database knows of itself: its one row of `installation`.
import type { Sql } from "./postgres.ts";

/** What its amounts are in. */
export interface KeptCurrency {
  readonly currency: string;
  readonly decimals: number;
}

/** Tells this database from another one on the same Kafka. @throws what Postgres says */
export async function installationId(sql: Sql): Promise<string> {
  const [row] = await sql<{ id: string }[]>`select id from installation`;
  if (!row) throw new Error("The table installation has no row");
  return row.id;
}

/** Undefined until one is kept. */
export async function keptCurrency(sql: Sql): Promise<KeptCurrency | undefined> {
  const [row] = await sql<KeptCurrency[]>`
    select currency, currency_decimals as decimals from installation where currency is not null`;
  return row;
}

/** Keeps it unless one is kept already. Answers the one that is kept then. */
export async function keepCurrency(
  sql: Sql,
  { currency, decimals }: KeptCurrency,
): Promise<KeptCurrency | undefined> {
  await sql`
    insert into installation (currency, currency_decimals) values (${currency}, ${decimals})
    on conflict (one) do update
      set currency = excluded.currency, currency_decimals = excluded.currency_decimals
      where installation.currency is null`;
  return keptCurrency(sql);
}
