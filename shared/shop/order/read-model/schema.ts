// What a document holds, for readers of the documentation; a test holds it against the printed ones.
import * as v from "valibot";
import { documentFields, money } from "@millrace/read-models/document-fields";
import { ORDER_PAYMENTS, ORDER_STATUSES } from "../state.ts";

const text = v.string();

export const orderDocument = v.pipe(
  v.objectWithRest(
    {
      id: text,
      status: v.picklist(ORDER_STATUSES),
      payment: v.picklist(ORDER_PAYMENTS),
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
