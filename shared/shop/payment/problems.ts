// What clients are told of a payment's refusals.
import { type NamedProblem, nameProblems } from "@millrace/http/problem";
import type { PaymentRefusal } from "./refusals.ts";

export const paymentProblems: Readonly<Record<PaymentRefusal["code"], NamedProblem>> = nameProblems({
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
