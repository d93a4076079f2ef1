import type { Codec } from "@millrace/events/codec";
import { orderCodec } from "./order/codec.ts";
import { paymentCodec } from "./payment/codec.ts";
import type { Category } from "./topics.ts";
import { userCodec } from "./user/codec.ts";

/** What reads each category's events. A topic without a codec here doesn't compile: nobody could read its events. */
const CODECS: Readonly<Record<Category, Pick<Codec<never>, "schemaVersionOf">>> = {
  order: orderCodec,
  payment: paymentCodec,
  user: userCodec,
};

const byCategory = new Map(Object.entries(CODECS));

/** The latest schema version that this code reads; undefined where it knows no such event. */
export function knownSchemaVersion(category: string, type: string): number | undefined {
  return byCategory.get(category)?.schemaVersionOf(type);
}
