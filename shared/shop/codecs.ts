import type { Codec } from "@millrace/events/codec";
import { orderCodec } from "./order/codec.ts";
import { paymentCodec } from "./payment/codec.ts";
import { userCodec } from "./user/codec.ts";

/** What reads each category's events. */
export const CODECS: Readonly<Record<string, Pick<Codec<never>, "schemaVersionOf">>> = {
  order: orderCodec,
  payment: paymentCodec,
  user: userCodec,
};
