// Bodies as the documentation shows them: what the dialects' schemas leave to code, as far as JSON Schema can
// say it. Only for OpenAPI: the dialects read without these, in fewer steps.
import * as v from "valibot";
import {
  type CommandName,
  commandEnvelope,
  orderReference,
  userReference,
} from "@millrace/commands/command-names";
import { amountOnly } from "./order/bodies/amount-only.ts";
import { canonical, lines } from "./order/bodies/canonical.ts";
import { customerItems, items } from "./order/bodies/customer-items.ts";
import { orderPatch } from "./order/bodies/patch-order.ts";
import { singleProduct, singleProductWords } from "./order/bodies/single-product.ts";
import { products, userProducts } from "./order/bodies/user-products.ts";
import { newUser, userPatch } from "./user/body.ts";
import { amountWords, chosenId, customerWords } from "./words.ts";

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
/** Lines are written in one dialect at a time. */
const patches: readonly v.ObjectEntries[] = [
  { ...patchWords, items },
  { ...patchWords, products },
  { ...patchWords, ...singleProductWords },
  { ...patchWords, lines },
  patchWords,
];

export const describedPatches: readonly v.GenericSchema[] = patches.map((entries) =>
  v.pipe(v.strictObject(entries), v.minEntries(1)),
);

export const describedUserPatch = v.pipe(userPatch, v.minEntries(1));

/** Every command of the domain with its payload. */
export function describeCommands(currency: string): v.GenericSchema[] {
  const orderIds = orderReference.entries;
  const anOrder = oneOf(["orderId", "id"], orderIds);
  const payloads: Readonly<Record<CommandName, v.GenericSchema>> = {
    createOrder: v.union(describeNewOrders(currency)),
    changeOrder: v.union(
      // Beside `id` as well, JSON Schema could not say that something must change.
      patches.map((entries) => v.pipe(v.strictObject({ orderId: chosenId, ...entries }), v.minEntries(2))),
    ),
    shipOrder: anOrder,
    deliverOrder: anOrder,
    cancelOrder: anOrder,
    deleteOrder: anOrder,
    createUser: newUser,
    changeUser: v.pipe(v.strictObject({ ...userReference.entries, ...userPatch.entries }), v.minEntries(2)),
    deleteUser: userReference,
  };
  const { id } = commandEnvelope.entries;
  return Object.entries(payloads).map(([type, payload]) =>
    v.strictObject({ type: v.literal(type), id, payload }),
  );
}

/** An object that holds at least one of these words. */
function oneOf(words: readonly string[], entries: v.ObjectEntries) {
  return v.pipe(v.strictObject(entries), v.metadata({ anyOf: words.map((word) => ({ required: [word] })) }));
}
