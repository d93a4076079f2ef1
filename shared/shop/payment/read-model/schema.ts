import * as v from "valibot";
import { documentFields } from "@millrace/read-models/document-fields";
import { shownMoney } from "../../minor-units.ts";
import { PAYMENT_STATUSES } from "../state.ts";

const text = v.string();

export const paymentDocument = v.object({
  id: text,
  orderId: text,
  status: v.picklist(PAYMENT_STATUSES),
  amount: shownMoney,
  currency: text,
  refundRequested: v.boolean(),
  gatewayReference: v.exactOptional(text),
  refundReference: v.exactOptional(text),
  reason: v.exactOptional(text),
  ...documentFields,
});
