// Bodies as the documentation shows them: what the dialects' schemas leave to code, as far as JSON Schema can
// say it. Only for OpenAPI: the dialects read without these, in fewer steps.
import * as v from "valibot";
import { amountWords, customerWords } from "../words.ts";
import { amountOnly } from "./amount-only.ts";
import { canonical, lines } from "./canonical.ts";
import { customerItems, items } from "./customer-items.ts";
import { orderPatch } from "./patch-order.ts";
import { singleProduct, singleProductWords } from "./single-product.ts";
import { products, userProducts } from "./user-products.ts";

/** A new order in each of its dialects, in a shop that sells in this currency. */
export function describeNewOrders(currency: string): v.GenericSchema[] {
  const inCurrency = { currency: v.exactOptional(v.literal(currency)) };
  return [
    oneOf(["customer", "userId"], { ...customerItems.entries, ...inCurrency }),
    oneOf(["userId", "customer"], { ...userProducts.entries, ...inCurrency }),
    v.strictObject({ ...singleProduct.entries, ...inCurrency }),
    v.strictObject({ ...canonical.entries, ...inCurrency }),
    oneOf(["amount", "totalAmount"], { ...amountOnly.entries, ...inCurrency }),
  ];
}

const patchWords = { status: orderPatch.entries.status, ...customerWords, ...amountWords };

/** The words of a change: lines are written in one dialect at a time. */
export const describedPatches: readonly v.ObjectEntries[] = [
  patchWords,
  { ...patchWords, items },
  { ...patchWords, products },
  { ...patchWords, ...singleProductWords },
  { ...patchWords, lines },
];

/** An object that holds at least one of these words. */
function oneOf(words: readonly string[], entries: v.ObjectEntries) {
  return v.pipe(v.strictObject(entries), v.metadata({ anyOf: words.map((word) => ({ required: [word] })) }));
}
