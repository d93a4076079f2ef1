// Payments, whole. No client gives a command on them: the payment process does.
import { refused } from "@millrace/commands/parsed";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import type { ShopSettings } from "../settings.ts";
import { paymentCodec } from "./codec.ts";
import type { PaymentCommand } from "./commands.ts";
import { paymentDecider } from "./decide.ts";
import type { PaymentEvent } from "./events.ts";
import { paymentProblems as problems } from "./problems.ts";
import { paymentsModel } from "./read-model/model.ts";
import type { PaymentRefusal } from "./refusals.ts";
import type { PaymentState } from "./state.ts";

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
    ownerOf: () => undefined,
    begunBy: () => undefined,
  },
  reference: { words: {}, read: () => refused("", "Payments take no commands") },
});
