// The payment gateway as the payment process sees it: what any provider's adapter has to offer. An adapter
// must never retry on its own: when to ask again is the process's decision, and it counts on one call each.

import type { Log } from "@millrace/platform/log";
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

/**
 * Why there is no answer that can be trusted. It is stored in an event and shown to clients, so it is one of these
 * words; what exactly went wrong, which may name hosts and statements, stands in the log.
 */
export type UnclearCause = "timeout" | "unreachable" | "pending" | "failed";

/** No answer that can be trusted: the money may or may not have moved. */
export interface Unclear {
  readonly outcome: "unclear";
  readonly cause: UnclearCause;
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

/** Aborting the signal gives up the wait for an answer; it promises nothing about the money. */
export interface PaymentGateway {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeAnswer>;
  /** What became of the charge under this key. */
  inquire(paymentId: string, signal: AbortSignal): Promise<InquiryAnswer>;
  /** Closes the key, or says what was taken under it before. */
  withdraw(request: ChargeRequest, signal: AbortSignal): Promise<WithdrawalAnswer>;
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundAnswer>;
}

/** A gateway whose every call answers within `timeoutMs` and never throws: what goes wrong is unclear. */
export interface BoundedGateway {
  charge(request: ChargeRequest): Promise<ChargeAnswer>;
  inquire(paymentId: string): Promise<InquiryAnswer>;
  withdraw(request: ChargeRequest): Promise<WithdrawalAnswer>;
  refund(request: RefundRequest): Promise<RefundAnswer>;
}

export interface Bounds {
  readonly timeoutMs: number;
  /** Hears what broke. */
  readonly log: Log;
}

export function boundGateway(gateway: PaymentGateway, bounds: Bounds): BoundedGateway {
  return {
    charge: (request) => withinTime(bounds, (signal) => gateway.charge(request, signal)),
    inquire: (paymentId) => withinTime(bounds, (signal) => gateway.inquire(paymentId, signal)),
    withdraw: (request) => withinTime(bounds, (signal) => gateway.withdraw(request, signal)),
    refund: (request) => withinTime(bounds, (signal) => gateway.refund(request, signal)),
  };
}

/** An error counts as unclear too: the request may have arrived before whatever broke. */
async function withinTime<Answer>(
  { timeoutMs, log }: Bounds,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | Unclear> {
  const giveUp = new AbortController();
  const overrun = Promise.withResolvers<Unclear>();
  const timer = setTimeout(() => {
    giveUp.abort();
    overrun.resolve({ outcome: "unclear", cause: "timeout" });
  }, timeoutMs);
  try {
    return await Promise.race([call(giveUp.signal), overrun.promise]);
  } catch (error) {
    log.warn({ err: error }, "a call to the payment gateway broke off: the payment's outcome is not known");
    return { outcome: "unclear", cause: "failed" };
  } finally {
    clearTimeout(timer);
  }
}
