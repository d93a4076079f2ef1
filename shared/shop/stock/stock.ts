// Stock, whole: what people receive and count. What orders have of it follows from them, and no client commands it.
import * as v from "valibot";
import type { Shown } from "@millrace/commands/aggregate";
import { parse } from "@millrace/commands/parsed";
import { chosenId } from "@millrace/commands/words";
import { nameProblems } from "@millrace/http/problem";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import { quantity } from "../order/words.ts";
import type { ShopSettings } from "../settings.ts";
import { stockCodec } from "./codec.ts";
import {
  ON_HAND_MAX,
  reservedOf,
  type StockCommand,
  type StockEvent,
  type StockRefusal,
  type StockState,
  stockDecider,
} from "./decide.ts";
import { stockModel } from "./read-model/model.ts";
import { stockSnapshot } from "./snapshot.ts";

/** Stands in URLs, so it is written as ids are; a product's id that can't be one is of goods that nobody keeps stock of. */
const reference = v.strictObject({ sku: chosenId });
const received = v.strictObject({ sku: chosenId, quantity });
const counted = v.strictObject({
  onHand: v.pipe(
    v.number(),
    v.integer("Must be a whole number"),
    v.minValue(0, "Must not be negative"),
    v.maxValue(ON_HAND_MAX, `Must be at most ${ON_HAND_MAX}`),
  ),
});

const problems = nameProblems({
  stock_not_found: {
    status: 404,
    title: "Stock not found",
    detail: "Nobody keeps stock of this SKU. What is received first begins it.",
  },
  stock_too_large: {
    status: 409,
    title: "Stock too large",
    detail: `At most ${ON_HAND_MAX} units of a SKU are kept.`,
  },
  stock_reserved: {
    status: 409,
    title: "Stock reserved",
    detail: "More than was counted is reserved for orders. Cancel some of them, then count again.",
  },
  stock_short: { status: 409, title: "Stock short", detail: "Less than was asked for is available." },
  stock_reservations_too_many: {
    status: 409,
    title: "Too many reservations",
    detail: "Too many open orders have reserved of this SKU.",
  },
  stock_reservation_ended: {
    status: 409,
    title: "Reservation ended",
    detail: "The order's reservation has ended, and can't begin again.",
  },
  stock_not_reserved: {
    status: 409,
    title: "Stock not reserved",
    detail: "The order has reserved nothing of this SKU.",
  },
});

/** What a command answers: the stock after it. */
const shown: Shown<StockState> = {
  schema: v.object({
    sku: v.string(),
    onHand: v.number(),
    reserved: v.number(),
    available: v.number(),
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  of(state, { id: sku, version }) {
    if (!state.exists) return { sku, version };
    const reserved = reservedOf(state);
    return { sku, onHand: state.onHand, reserved, available: state.onHand - reserved, version };
  },
};

export const stock = defineAggregate<StockCommand, StockState, StockEvent, StockRefusal, ShopSettings>({
  plural: "stock",
  decider: stockDecider,
  codec: stockCodec,
  snapshot: stockSnapshot,
  refusals: problems,
  notFound: problems.stock_not_found,
  readModel: stockModel,
  // The shop's own. Customers neither see nor change it: how much of what a shop has is what its rivals would like to know.
  ownership: {
    verbs: {
      ReceiveStock: "create",
      CountStock: "change",
      ReserveStock: "internal",
      ReleaseStock: "internal",
      CommitStock: "internal",
    },
  },
  reference: {
    words: reference.entries,
    read(words) {
      const parsed = parse(reference, words);
      return parsed.ok ? { ok: true, value: String(parsed.value.sku) } : parsed;
    },
  },
  creation: {
    name: "receiveStock",
    schemas: () => [received],
    read(body) {
      const parsed = parse(received, body);
      if (!parsed.ok) return parsed;
      const { sku, quantity } = parsed.value;
      return { ok: true, value: { id: String(sku), command: { type: "ReceiveStock", quantity } } };
    },
    refused: [problems.stock_too_large],
    shown,
    example: { sku: "sku-1", quantity: 1 },
    routes: [
      {
        path: "/stock",
        summary: "Receive goods",
        description:
          "Adds to what there is of the SKU; the first time begins to keep stock of it. With an Idempotency-Key a delivery is added once, however often it is sent.",
        examples: { delivery: { sku: "sku-1", quantity: 1 } },
      },
    ],
  },
  change: {
    name: "countStock",
    words: [counted.entries],
    read(body) {
      const parsed = parse(counted, body);
      return parsed.ok ? { ok: true, value: [{ type: "CountStock", ...parsed.value }] } : parsed;
    },
    refused: [problems.stock_reserved],
    shown,
    summary: "Count what is on the shelf",
    examples: { count: { onHand: 2 } },
  },
});
