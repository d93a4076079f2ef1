// Prices as people write them, checked by what orders' lines may hold: a price that no line could meet helps nobody.
import * as v from "valibot";
import { name } from "@millrace/commands/words";
import { fromMinorUnits, toMinorUnits } from "../money.ts";
import { money } from "../read-money.ts";
import type { ListedPrice } from "./pricing.ts";

/** Rows of one import: they go to Postgres as one parameter, of some 20 MB at the longest names. */
const PRICES_MAX = 50_000;

const writtenPriceSchema = v.strictObject({ name, price: money, id: v.exactOptional(name) });
/** `price` in the currency's own unit: 19.99. */
export type WrittenPrice = v.InferOutput<typeof writtenPriceSchema>;

const manyPrices = v.pipe(
  v.array(writtenPriceSchema),
  v.maxLength(PRICES_MAX, `Must hold at most ${PRICES_MAX} prices`),
);

/** @throws Error that says what is wrong, and where */
export function readPrice(said: unknown, currency: string): ListedPrice {
  return readPrices([said], currency)[0] as ListedPrice;
}

/** @throws Error that says what is wrong, and where */
export function readPrices(said: unknown, currency: string): readonly ListedPrice[] {
  const parsed = v.safeParse(manyPrices, said);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Error(`${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
  }
  const names = new Set<string>();
  const ids = new Set<string>();
  return parsed.output.map(({ name, price, id }) => {
    if (names.has(name)) throw new Error(`${name} is there twice`);
    if (id !== undefined && ids.has(id)) throw new Error(`The id ${id} is there twice`);
    names.add(name);
    if (id !== undefined) ids.add(id);
    const unitPrice = toMinorUnits(price, currency);
    if (unitPrice === undefined) throw new Error(`${name}: ${price} has more decimals than ${currency}`);
    return { name, productId: id ?? null, unitPrice };
  });
}

export function writtenPrice({ name, productId, unitPrice }: ListedPrice, currency: string): WrittenPrice {
  return {
    name,
    price: fromMinorUnits(unitPrice, currency),
    ...(productId === null ? {} : { id: productId }),
  };
}
