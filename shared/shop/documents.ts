// What the documents hold, for readers of the documentation. The documents themselves are printed by the
// projections; a test holds one against the other.
import * as v from "valibot";

const word = (...words: string[]) => v.picklist(words);
const text = v.string();
const time = v.pipe(v.string(), v.isoTimestamp());
const money = v.pipe(v.number(), v.minValue(0), v.description("Decimal amount in the currency: 19.99"));
const version = v.pipe(v.number(), v.integer(), v.minValue(1));

export const STATUSES = ["CREATED", "SHIPPED", "DELIVERED", "CANCELLED"] as const;
export const PAYMENTS = ["NONE", "PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const;
export const PAYMENT_STATUSES = ["PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const;

export const orderDocument = v.pipe(
  v.looseObject({
    id: text,
    status: word(...STATUSES),
    payment: word(...PAYMENTS),
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
    version,
    createdAt: time,
    updatedAt: time,
  }),
  v.description("The canonical form, beside the words that the order was written in, as sent"),
);

export const userDocument = v.object({
  id: v.union([text, v.number()]),
  name: text,
  email: v.exactOptional(text),
  version,
  createdAt: time,
  updatedAt: time,
});

export const paymentDocument = v.object({
  id: text,
  orderId: text,
  status: word(...PAYMENT_STATUSES),
  amount: money,
  currency: text,
  refundRequested: v.boolean(),
  gatewayReference: v.exactOptional(text),
  refundReference: v.exactOptional(text),
  reason: v.exactOptional(text),
  version,
  createdAt: time,
  updatedAt: time,
});

const counted = v.object({ count: v.number(), amount: money, average: money });

export const statsDocument = v.object({
  ...counted.entries,
  currency: text,
  byStatus: v.record(text, counted),
  byPayment: v.record(text, counted),
});
