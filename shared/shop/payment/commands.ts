import type { MinorUnits } from "../money.ts";

/** All of them come from the payment process; none is offered to clients. */
export type PaymentCommand =
  | {
      readonly type: "RequestPayment";
      readonly orderId: string;
      readonly amount: MinorUnits;
      readonly currency: string;
    }
  /** The order was called off before anything was asked of the gateway: the payment has failed, whoever asks later. */
  | {
      readonly type: "ForgoPayment";
      readonly orderId: string;
      readonly amount: MinorUnits;
      readonly currency: string;
    }
  | { readonly type: "CompletePayment"; readonly orderId: string; readonly gatewayReference: string }
  | { readonly type: "FailPayment"; readonly orderId: string; readonly reason: string }
  | { readonly type: "MarkPaymentUnknown"; readonly orderId: string; readonly cause: string }
  | { readonly type: "RequestRefund"; readonly orderId: string }
  | { readonly type: "CompleteRefund"; readonly orderId: string; readonly gatewayReference: string };
