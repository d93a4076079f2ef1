// The shop's price list in Postgres. Must never hold a price in another currency than the store's.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { ListedPrice, PriceList } from "./pricing.ts";

/** Of these names. @throws Failure `postgres_unavailable` */
export async function loadPrices(sql: Sql, names: readonly string[]): Promise<PriceList> {
  // One row always: whether there is a list has to be known where none of the names stands on it.
  const [row] = await attempt(
    "loading prices",
    sql<[{ isKept: boolean; prices: ListedPrice[] }]>`
      select exists (select from prices) as "isKept",
        (select coalesce(json_agg(json_build_object('name', name, 'productId', product_id, 'unitPrice', unit_price)), '[]')
          from prices where name = any(${names as string[]}::text[])) as prices`,
  );
  return row;
}

/** All of it, by name. */
export function listPrices(sql: Sql): Promise<readonly ListedPrice[]> {
  return attempt(
    "listing prices",
    sql<ListedPrice[]>`
      select name, product_id as "productId", unit_price::float8 as "unitPrice" from prices order by name`,
  );
}

/** All of them or none; a name that is listed already gets its new price. */
export async function setPrices(sql: Sql, prices: readonly ListedPrice[]): Promise<void> {
  const rows = prices.map(({ name, productId, unitPrice }) => ({ name, productId, unitPrice }));
  await attempt(
    "setting prices",
    sql`
      insert into prices (name, product_id, unit_price)
      select name, "productId", "unitPrice"
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (name text, "productId" text, "unitPrice" bigint)
      on conflict (name) do update set product_id = excluded.product_id, unit_price = excluded.unit_price`,
  );
}

/** Answers whether it was listed. */
export async function removePrice(sql: Sql, name: string): Promise<boolean> {
  const { count } = await attempt("removing a price", sql`delete from prices where name = ${name}`);
  return count === 1;
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
