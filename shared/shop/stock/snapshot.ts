// The stock of what sells well begins at a snapshot. Its fingerprint follows what `evolve` makes of the examples.
import * as v from "valibot";
import { defineSnapshot } from "@millrace/store/snapshot";
import { stockCodec } from "./codec.ts";
import { stockDecider } from "./decide.ts";

const units = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const schema = v.object({
  exists: v.literal(true),
  onHand: units,
  reservations: v.array(v.object({ orderId: v.string(), quantity: units })),
  ended: v.array(v.object({ orderId: v.string(), by: v.picklist(["release", "commit"]) })),
});

const ofOrder = { orderId: "order-1", quantity: 1 };

export const stockSnapshot = defineSnapshot({
  decider: stockDecider,
  codec: stockCodec,
  schema,
  examples: {
    StockReceived: [{ quantity: 5 }],
    StockCounted: [{ onHand: 7 }],
    StockReserved: [ofOrder, { orderId: "order-2", quantity: 2 }],
    StockReleased: [ofOrder],
    StockCommitted: [ofOrder],
  },
});
