// The reservations process: the goods of an order that stock is kept of, taken from the shelf's available ones, and given
// back or let go as the order's own stream says.
//
// What is to be done stands in the order before it is done, each command on a stock is once by the order's id, and a
// reservation that was given back never begins again: so this may stop anywhere, run twice, or wake up late.
import type { Answer } from "@millrace/processes/call";
import { defineProcess } from "@millrace/processes/define-process";
import type {
  AskedFor,
  Call,
  Effect,
  Opened,
  ProcessDefinition,
  States,
  Step,
  Wake,
} from "@millrace/processes/process";
import { transact } from "@millrace/store/transact";
import { orderCodec } from "../order/codec.ts";
import { orderDecider } from "../order/decide.ts";
import type { OrderEvent } from "../order/events.ts";
import { type KeptGoods, reservedCount } from "../order/stock-life.ts";
import { stockCodec } from "../stock/codec.ts";
import { type StockCommand, type StockRefusal, stockDecider } from "../stock/decide.ts";

const streams = { order: { decider: orderDecider, codec: orderCodec } };
type Streams = typeof streams;

interface Goods {
  readonly orderId: string;
  readonly goods: readonly KeptGoods[];
}

interface GoodsToEnd extends Goods {
  /** So many of them, from the first, were reserved; of the others nobody knows. */
  readonly reserved: number;
}

export interface ReservationCalls {
  /** All of them, one after another; what was reserved before one that is short stays until the order has ended by it. */
  readonly reserve: Goods;
  readonly release: GoodsToEnd;
  readonly commit: GoodsToEnd;
}

/** Orders worked on at once: each is a few appends, so few are enough, and Postgres is left to those that wait for it. */
const ORDERS_MAX = 16;
/** An order of five hundred SKUs, each of them asked for by others as well, at 50 ms each. What is left then goes on. */
const CALL_MS_MAX = 30_000;

/** Names are storage format. */
export const reservationsDefinition: ProcessDefinition<Streams, ReservationCalls, undefined> = {
  name: "reservations",
  projection: "reservation-tasks",
  streams,
  begunBy: "order",
  wakes: [
    {
      on: streams.order,
      look: ({ type }) => (REASONS.has(type) ? "begins" : undefined),
      glance: (type) => REASONS.has(type),
    } satisfies Wake<OrderEvent>,
  ],
  next: nextStep,
  open: (): Opened<Streams, ReservationCalls, undefined> => ({
    settings: undefined,
    calls: reservationCalls,
    keysMax: ORDERS_MAX,
    callMsMax: CALL_MS_MAX,
  }),
};

export const reservations = defineProcess(reservationsDefinition);

const REASONS: ReadonlySet<string> = new Set<OrderEvent["type"]>(["OrderStockRequested", "OrderStockDue"]);

function nextStep({ order: { state: order } }: States<Streams>): Step<Streams, ReservationCalls> {
  if (!order.exists || !order.stock) return { kind: "done" };
  const { stage, goods } = order.stock;
  const request = { orderId: order.orderId, goods };
  const toEnd = { ...request, reserved: reservedCount(order.stock) };
  const key = order.orderId;
  switch (stage) {
    case "REQUESTED":
      return { kind: "call", call: "reserve", key, request };
    case "RELEASING":
      return { kind: "call", call: "release", key, request: toEnd };
    case "COMMITTING":
      return { kind: "call", call: "commit", key, request: toEnd };
    case "RESERVED":
    case "RELEASED":
    case "COMMITTED":
      return { kind: "done" };
  }
}

type Reserved =
  | { readonly outcome: "reserved" }
  | { readonly outcome: "short"; readonly sku: string }
  /** Given back already, or too many wait for it: what follows is seen by another look. */
  | { readonly outcome: "held_up" };
/** What the shelf refused is the outcome otherwise: it says something else of these goods than their order does. */
type Settled = { readonly outcome: "settled" } | { readonly outcome: StockRefusal["code"] };

/** Why it was refused; undefined where it was done, now or before. */
async function onStock(sku: string, command: StockCommand, { store, metadata }: AskedFor) {
  const asked = { aggregateId: sku, commands: [command], metadata };
  const outcome = await transact(store, { decider: stockDecider, codec: stockCodec }, asked);
  return outcome.outcome === "refused" ? outcome.refusal.code : undefined;
}

export const reservationCalls: {
  readonly reserve: Call<Streams, Goods, Reserved>;
  readonly release: Call<Streams, GoodsToEnd, Settled>;
  readonly commit: Call<Streams, GoodsToEnd, Settled>;
} = {
  reserve: {
    async run({ orderId, goods }, asked) {
      for (const { sku, quantity } of goods) {
        const refused = await onStock(sku, { type: "ReserveStock", orderId, quantity }, asked);
        if (refused === "stock_short") return { outcome: "short", sku };
        if (refused) return { outcome: "held_up" };
      }
      return { outcome: "reserved" };
    },
    follow(answer) {
      if (answer.outcome === "reserved") return onOrder({ type: "RecordStockReserved" });
      return answer.outcome === "short" ? onOrder({ type: "RefuseOrder", sku: answer.sku }) : undefined;
    },
  },
  release: {
    run: settlingEach((order) => ({ type: "ReleaseStock", ...order })),
    follow: settled("released"),
  },
  commit: {
    run: settlingEach(({ orderId }) => ({ type: "CommitStock", orderId })),
    follow: settled("committed"),
  },
};

function settlingEach(command: (order: { orderId: string; wasReserved: boolean }) => StockCommand) {
  return async ({ orderId, goods, reserved }: GoodsToEnd, asked: AskedFor): Promise<Settled> => {
    for (const [index, { sku }] of goods.entries()) {
      const wasReserved = index < reserved;
      const refused = await onStock(sku, command({ orderId, wasReserved }), asked);
      // It was reserved and is no more: this was done before, longer ago than the shelf remembers.
      const wasDone = wasReserved && refused === "stock_not_reserved";
      if (refused && !wasDone) return { outcome: refused };
    }
    return { outcome: "settled" };
  };
}

/** What the shelf refused once it refuses for ever, so it goes to the order, whose refusal of it asks for a person. */
function settled(as: "released" | "committed") {
  const otherwise = as === "released" ? "committed" : "released";
  return ({ outcome }: Answer) => {
    if (outcome === "unclear") return undefined;
    return onOrder({ type: "SettleStock", as: outcome === "settled" ? as : otherwise });
  };
}

function onOrder(command: Effect<Streams>["command"]): Effect<Streams> {
  return { on: "order", command };
}
