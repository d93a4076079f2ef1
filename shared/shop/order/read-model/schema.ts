// What a document holds, for readers of the documentation; a test holds it against the printed ones.
import * as v from "valibot";
import { documentFields, money } from "@millrace/read-models/document-fields";
import { ORDER_PAYMENTS, ORDER_STATUSES } from "../state.ts";
import { STOCK_STAGES } from "../stock-life.ts";

const text = v.string();

export const orderDocument = v.pipe(
  v.objectWithRest(
    {
      id: text,
      status: v.picklist(ORDER_STATUSES),
      payment: v.picklist(ORDER_PAYMENTS),
      stock: v.exactOptional(
        v.pipe(v.picklist(STOCK_STAGES), v.description("Of goods that stock is kept of; absent without")),
      ),
      shortOf: v.exactOptional(
        v.pipe(text, v.description("The SKU that there was too little of: the order was refused")),
      ),
      customer: v.nullable(text),
      lines: v.array(
        v.object({
          productId: v.exactOptional(text),
          name: text,
          quantity: v.pipe(v.number(), v.integer(), v.minValue(1)),
          unitPrice: v.exactOptional(money),
        }),
      ),
      amount: money,
      currency: text,
      ...documentFields,
    },
    v.unknown(),
  ),
  v.description("The canonical form, beside the words that the order was written in, as sent"),
);
