// Payments, whole. No client gives a command on them: the payment process does.
import { refused } from "@millrace/commands/parsed";
import { nameProblems } from "@millrace/http/problem";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import type { ShopSettings } from "../settings.ts";
import { paymentCodec } from "./codec.ts";
import {
  type PaymentCommand,
  type PaymentEvent,
  type PaymentRefusal,
  type PaymentState,
  paymentDecider,
} from "./decide.ts";
import { paymentsModel } from "./read-model/model.ts";

const problems = nameProblems({
  payment_not_found: { status: 404, title: "Payment not found", detail: "There is no payment with this id." },
  payment_already_settled: {
    status: 409,
    title: "Payment already settled",
    detail: "The payment has another outcome already.",
  },
  payment_not_completed: {
    status: 409,
    title: "Payment not completed",
    detail: "Only a completed payment can be refunded.",
  },
});

export const payment = defineAggregate<
  PaymentCommand,
  PaymentState,
  PaymentEvent,
  PaymentRefusal,
  ShopSettings
>({
  plural: "payments",
  decider: paymentDecider,
  codec: paymentCodec,
  refusals: problems,
  notFound: problems.payment_not_found,
  readModel: paymentsModel,
  ownership: {
    verbs: {
      RequestPayment: "internal",
      ForgoPayment: "internal",
      CompletePayment: "internal",
      FailPayment: "internal",
      MarkPaymentUnknown: "internal",
      RequestRefund: "internal",
      CompleteRefund: "internal",
    },
    // A payment has its order's id, and is whose that is.
    knownBy: { category: "order" },
  },
  reference: { words: {}, read: () => refused("", "Payments take no commands") },
});
