// The shop's price list in Postgres. Must never hold a price in another currency than the store's.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { inTrail, recordAct } from "@millrace/trail/record";
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

/** Prices that one entry of the trail names: a longer list is a file that somebody has, and its digest says which. */
const NAMED_MAX = 20;

/** All of them or none; a name that is listed already gets its new price. */
export async function setPrices(sql: Sql, prices: readonly ListedPrice[], by: Doer): Promise<void> {
  const rows = prices.map(({ name, productId, unitPrice }) => ({ name, productId, unitPrice }));
  const listed = JSON.stringify(rows);
  await attempt(
    "setting prices",
    sql.begin(async (tx) => {
      await tx`
        insert into prices (name, product_id, unit_price)
        select name, "productId", "unitPrice"
        from json_to_recordset(${listed}::text::json) as given (name text, "productId" text, "unitPrice" bigint)
        on conflict (name) do update set product_id = excluded.product_id, unit_price = excluded.unit_price`;
      const named = rows.slice(0, NAMED_MAX).map(({ name, unitPrice }) => [name, unitPrice]);
      const sha256 = new Bun.CryptoHasher("sha256").update(listed).digest("hex");
      const details = { prices: rows.length, minorUnits: Object.fromEntries(named), sha256 };
      await recordAct(tx, by, { name: "shop.prices.set", target: targetOf(rows), details });
    }),
  );
}

function targetOf([first, ...others]: readonly Pick<ListedPrice, "name">[]): string {
  return first && others.length === 0 ? `price of ${first.name}` : "price list";
}

/** Answers whether it was listed. */
export async function removePrice(sql: Sql, name: string, by: Doer): Promise<boolean> {
  return attempt(
    "removing a price",
    inTrail(
      sql,
      { by, act: { name: "shop.prices.remove", target: `price of ${name}` } },
      (tx) => tx`delete from prices where name = ${name}`,
    ),
  );
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
