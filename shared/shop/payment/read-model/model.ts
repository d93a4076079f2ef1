import * as v from "valibot";
import { word } from "@millrace/read-models/asked-values";
import { defineReadModel, evolving, streamsOf } from "@millrace/read-models/define";
import { documentFields, money } from "@millrace/read-models/document-fields";
import { equal } from "@millrace/read-models/filters";
import { fromMinorUnits } from "../../money.ts";
import { paymentCodec } from "../codec.ts";
import { type ExistingPayment, PAYMENT_STATUSES, type PaymentEvent, paymentDecider } from "../decide.ts";
import { payments } from "./table.ts";

/** What readers see of a payment and its state does not keep, since nothing is decided by it. */
interface Remarks {
  readonly gatewayReference?: string;
  readonly refundReference?: string;
  /** Why it failed, or why its outcome is not known. */
  readonly reason?: string;
}

interface Shown {
  readonly payment: ExistingPayment;
  readonly remarks: Remarks;
}

export const paymentsModel = defineReadModel({
  name: "payments",
  of: streamsOf({
    category: paymentDecider.category,
    codec: paymentCodec,
    next,
    told,
    commands: {
      PaymentRequested: "RequestPayment",
      PaymentCompleted: "CompletePayment",
      PaymentFailed: "FailPayment",
      PaymentOutcomeUnknown: "MarkPaymentUnknown",
      PaymentRefundRequested: "RequestRefund",
      PaymentRefunded: "CompleteRefund",
    },
  }),
  table: payments,
  columns: { status: ({ value }) => value.payment.status, amount: ({ value }) => value.payment.amount },
  /** Amounts in decimals. */
  document({ id, value: { payment, remarks }, version, createdAt, updatedAt }) {
    const { orderId, status, currency, refundRequested } = payment;
    const amount = fromMinorUnits(payment.amount, currency);
    const times = { version, createdAt, updatedAt };
    return JSON.stringify({ id, orderId, status, amount, currency, refundRequested, ...remarks, ...times });
  },
  restore({ amount, document }): Shown {
    const { id: _, version: __, createdAt: ___, updatedAt: ____, ...printed } = JSON.parse(document);
    const { orderId, status, currency, refundRequested, amount: _____, ...remarks } = printed;
    // The column holds the amount in minor units; the document's decimals are for readers.
    const payment: ExistingPayment = { exists: true, orderId, amount, currency, status, refundRequested };
    // In the order in which they were printed, so that a document's text follows from the events alone.
    return { payment, remarks };
  },
  shown: {
    noun: "payment",
    // A payment has its order's id, and is whose that is.
    ownedBy: (sql, owner) =>
      sql`id in (select orders.id from orders where orders.owner = ${owner} and not orders.deleted)`,
    id: "The order's id",
    schema: v.object({
      id: v.string(),
      orderId: v.string(),
      status: v.picklist(PAYMENT_STATUSES),
      amount: money,
      currency: v.string(),
      refundRequested: v.boolean(),
      gatewayReference: v.exactOptional(v.string()),
      refundReference: v.exactOptional(v.string()),
      reason: v.exactOptional(v.string()),
      ...documentFields,
    }),
    tones: { PENDING: "busy", COMPLETED: "good", FAILED: "bad", UNKNOWN: "warn", REFUNDED: "calm" },
    filters: {
      status: equal(
        "status",
        word(PAYMENT_STATUSES),
        `In this status, in any case: ${PAYMENT_STATUSES.join(", ")}`,
      ),
    },
  },
});

const paymentAfter = evolving(paymentDecider);

function next(shown: Shown | undefined, event: PaymentEvent): Shown {
  return { payment: paymentAfter(shown?.payment, event), remarks: remarksAfter(shown?.remarks ?? {}, event) };
}

function told(event: PaymentEvent, currency: string): unknown {
  if (event.type !== "PaymentRequested") return event.data;
  return { ...event.data, amount: fromMinorUnits(event.data.amount, currency) };
}

function remarksAfter(remarks: Remarks, event: PaymentEvent): Remarks {
  switch (event.type) {
    case "PaymentRequested":
      return {};
    case "PaymentCompleted": {
      // What was not known for a while is known now.
      const { reason: _, ...rest } = remarks;
      return { ...rest, gatewayReference: event.data.gatewayReference };
    }
    case "PaymentFailed":
      return { ...remarks, reason: event.data.reason };
    case "PaymentOutcomeUnknown":
      return { ...remarks, reason: event.data.cause };
    case "PaymentRefundRequested":
      return remarks;
    case "PaymentRefunded":
      return { ...remarks, refundReference: event.data.gatewayReference };
  }
}
