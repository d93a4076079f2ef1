import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { StockEvent } from "./decide.ts";

const units = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ofOrder = v.object({ orderId: v.string(), quantity: units });

/** Stock on the wire and in the store. A changed shape gets the next schemaVersion and an upcaster here. */
export const stockCodec = createCodec<StockEvent>({
  StockReceived: { schemaVersion: 1, schema: v.object({ quantity: units }), upcasters: [] },
  StockCounted: { schemaVersion: 1, schema: v.object({ onHand: units }), upcasters: [] },
  StockReserved: { schemaVersion: 1, schema: ofOrder, upcasters: [] },
  StockReleased: { schemaVersion: 1, schema: ofOrder, upcasters: [] },
  StockCommitted: { schemaVersion: 1, schema: ofOrder, upcasters: [] },
});
