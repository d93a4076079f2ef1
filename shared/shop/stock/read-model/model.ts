import * as v from "valibot";
import { defineReadModel, streamsOf } from "@millrace/read-models/define";
import { documentFields } from "@millrace/read-models/document-fields";
import { stockCodec } from "../codec.ts";
import { type StockEvent, stockDecider } from "../decide.ts";
import { stock } from "./table.ts";

/** Units. Which orders have reserved them is no reader's business, and grows. */
interface Levels {
  readonly onHand: number;
  readonly reserved: number;
}

const units = v.pipe(v.number(), v.integer(), v.minValue(0));

export const stockModel = defineReadModel({
  name: "stock",
  of: streamsOf({
    category: stockDecider.category,
    codec: stockCodec,
    next,
    commands: {
      StockReceived: "ReceiveStock",
      StockCounted: "CountStock",
      StockReserved: "ReserveStock",
      StockReleased: "ReleaseStock",
      StockCommitted: "CommitStock",
    },
  }),
  table: stock,
  columns: {},
  document({ id, value: { onHand, reserved }, version, createdAt, updatedAt }) {
    const available = onHand - reserved;
    return JSON.stringify({ sku: id, onHand, reserved, available, version, createdAt, updatedAt });
  },
  restore({ document }): Levels {
    const { onHand, reserved } = JSON.parse(document);
    return { onHand, reserved };
  },
  shown: {
    noun: "stock",
    id: "The SKU: what an order's lines have as their product's id",
    schema: v.object({
      sku: v.string(),
      onHand: v.pipe(units, v.description("On the shelf, what is reserved among it")),
      reserved: v.pipe(units, v.description("For orders that have not been shipped yet")),
      available: v.pipe(units, v.description("For new orders")),
      ...documentFields,
    }),
  },
});

function next(levels: Levels | undefined, event: StockEvent): Levels {
  if (event.type === "StockReceived") {
    const { onHand = 0, reserved = 0 } = levels ?? {};
    return { onHand: onHand + event.data.quantity, reserved };
  }
  if (!levels) throw new Error(`${event.type} stands before StockReceived in its stream`);
  const { onHand, reserved } = levels;
  switch (event.type) {
    case "StockCounted":
      return { onHand: event.data.onHand, reserved };
    case "StockReserved":
      return { onHand, reserved: reserved + event.data.quantity };
    case "StockReleased":
      return { onHand, reserved: reserved - event.data.quantity };
    case "StockCommitted":
      return { onHand: onHand - event.data.quantity, reserved: reserved - event.data.quantity };
  }
}
