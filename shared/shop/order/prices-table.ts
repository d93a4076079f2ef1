import { sql } from "drizzle-orm";
import { bigint, check, pgTable, text } from "drizzle-orm/pg-core";

/** The price list: a row a product. It is settings and no read model, so nothing makes it anew. */
export const prices = pgTable(
  "prices",
  {
    /** As orders' lines call it. */
    name: text().primaryKey(),
    /** The id that a line may give beside the name. */
    productId: text("product_id").unique(),
    /** Minor units of the store's currency. */
    unitPrice: bigint("unit_price", { mode: "number" }).notNull(),
  },
  (table) => [check("prices_not_negative", sql`${table.unitPrice} >= 0`)],
);
