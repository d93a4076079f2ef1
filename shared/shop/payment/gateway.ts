// The payment gateway as the payment process sees it, for a provider's adapter to implement. An adapter must never retry on its
// own: when to ask again is the process's decision, and it counts on one call each.
import type { Unclear } from "@millrace/processes/call";
import type { MinorUnits } from "../money.ts";

export interface ChargeRequest {
  /** The idempotency key: however often it comes, the money is taken once. */
  readonly paymentId: string;
  readonly amount: MinorUnits;
  readonly currency: string;
}

export interface RefundRequest extends ChargeRequest {
  /** The refund's own idempotency key: however often it comes, the money goes back once. */
  readonly refundId: string;
}

export type ChargeAnswer =
  | { readonly outcome: "succeeded"; readonly reference: string }
  | { readonly outcome: "declined"; readonly reason: string }
  | Unclear;
/** `not_found`: the gateway has never seen a charge under this key. */
export type InquiryAnswer = ChargeAnswer | { readonly outcome: "not_found" };
/** `withdrawn`: nothing was taken under this key, and from now on nothing can be. */
export type WithdrawalAnswer = ChargeAnswer | { readonly outcome: "withdrawn" };
export type RefundAnswer = { readonly outcome: "refunded"; readonly reference: string } | Unclear;

/** Aborting the signal gives up the wait for an answer; it promises nothing about the money. An error is unclear. */
export interface PaymentGateway {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeAnswer>;
  /** What became of the charge under this key. */
  inquire(paymentId: string, signal: AbortSignal): Promise<InquiryAnswer>;
  /** Closes the key, or says what was taken under it before. */
  withdraw(request: ChargeRequest, signal: AbortSignal): Promise<WithdrawalAnswer>;
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundAnswer>;
}
