import * as v from "valibot";
import { documentFields, money } from "@millrace/read-models/document-fields";
import { PAYMENT_STATUSES } from "../state.ts";

const text = v.string();

export const paymentDocument = v.object({
  id: text,
  orderId: text,
  status: v.picklist(PAYMENT_STATUSES),
  amount: money,
  currency: text,
  refundRequested: v.boolean(),
  gatewayReference: v.exactOptional(text),
  refundReference: v.exactOptional(text),
  reason: v.exactOptional(text),
  ...documentFields,
});
