// The stock of one SKU: what was received and counted, and what of it orders have. Pure: imports nothing but the domain.
//
// An order reserves, and then its reservation ends once: released or committed. All three are by the order's id, so each of
// them happens once, however often it is asked for, and a reservation that has ended can't begin again.
import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";

export type StockCommand =
  | { readonly type: "ReceiveStock"; readonly quantity: number }
  /** What was found on the shelf, whatever was thought to be there. */
  | { readonly type: "CountStock"; readonly onHand: number }
  /** `quantity`: of all of the order's lines of this SKU together. */
  | { readonly type: "ReserveStock"; readonly orderId: string; readonly quantity: number }
  /** `wasReserved`: the order's own stream says that it had them, so that to give up nothing is to give up once more. */
  | { readonly type: "ReleaseStock"; readonly orderId: string; readonly wasReserved?: boolean }
  /** The goods have left the shelf. */
  | { readonly type: "CommitStock"; readonly orderId: string };

interface OfOrder {
  readonly orderId: string;
  readonly quantity: number;
}

/** Storage format, names too. Quantities stand in every event, so that a reader need not know who reserved what. */
export type StockEvent =
  | { readonly type: "StockReceived"; readonly data: { readonly quantity: number } }
  | { readonly type: "StockCounted"; readonly data: { readonly onHand: number } }
  | { readonly type: "StockReserved"; readonly data: OfOrder }
  /** Of a quantity of 0 where nothing was reserved, and nothing can be any more. */
  | { readonly type: "StockReleased"; readonly data: OfOrder }
  | { readonly type: "StockCommitted"; readonly data: OfOrder };

export interface KeptStock {
  readonly exists: true;
  /** On the shelf, what is reserved among it. */
  readonly onHand: number;
  readonly reservations: readonly OfOrder[];
  /** The latest, oldest first. */
  readonly ended: readonly { readonly orderId: string; readonly by: "release" | "commit" }[];
}
export type StockState = { readonly exists: false } | KeptStock;

export type StockRefusal = {
  readonly code:
    | "stock_not_found"
    | "stock_too_large"
    | "stock_reserved"
    | "stock_short"
    | "stock_reservations_too_many"
    | "stock_reservation_ended"
    | "stock_not_reserved";
};

/** Units of one SKU. A thousand times the largest line, and any sum of such stays far within exact integers. */
export const ON_HAND_MAX = 1_000_000_000;
/** Open orders that wait for one SKU: more would make each command on it walk through a megabyte. */
export const RESERVATIONS_MAX = 10_000;
/**
 * Reservations that are remembered after their end, to stop a worker that was frozen and reserves late. One that slept
 * through more of them can reserve units that are never sold; it can't sell any twice.
 */
export const ENDED_MAX = 1_000;

export const stockDecider: Decider<StockCommand, StockState, StockEvent, StockRefusal> = {
  category: "stock",
  initialState: { exists: false },
  evolve,
  decide,
};

type StockDecision = Decision<StockEvent, StockRefusal>;

export function reservedOf({ reservations }: KeptStock): number {
  return reservations.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** What is first received is the beginning: of what never was, nobody keeps stock. */
function decide(command: StockCommand, state: StockState): StockDecision {
  switch (command.type) {
    case "ReceiveStock": {
      const { quantity } = command;
      const isTooLarge = state.exists && state.onHand + quantity > ON_HAND_MAX;
      return isTooLarge
        ? refuse({ code: "stock_too_large" })
        : accept({ type: "StockReceived", data: { quantity } });
    }
    case "CountStock":
      return state.exists ? count(command.onHand, state) : refuse({ code: "stock_not_found" });
    case "ReserveStock":
      return state.exists ? reserve(command, state) : refuse({ code: "stock_not_found" });
    case "ReleaseStock":
    case "CommitStock":
      return state.exists ? end(command, state) : refuse({ code: "stock_not_found" });
  }
}

/** What orders were promised is there until they give it up: a count that denies it is settled with them first. */
function count(onHand: number, stock: KeptStock): StockDecision {
  if (onHand < reservedOf(stock)) return refuse({ code: "stock_reserved" });
  return onHand === stock.onHand ? accept() : accept({ type: "StockCounted", data: { onHand } });
}

function reserve({ orderId, quantity }: OfOrder, stock: KeptStock): StockDecision {
  if (reservationOf(stock, orderId)) return accept();
  if (endOf(stock, orderId)) return refuse({ code: "stock_reservation_ended" });
  if (quantity > stock.onHand - reservedOf(stock)) return refuse({ code: "stock_short" });
  if (stock.reservations.length >= RESERVATIONS_MAX) return refuse({ code: "stock_reservations_too_many" });
  return accept({ type: "StockReserved", data: { orderId, quantity } });
}

function end(
  command: Extract<StockCommand, { type: "ReleaseStock" | "CommitStock" }>,
  stock: KeptStock,
): StockDecision {
  const { orderId } = command;
  const by = command.type === "ReleaseStock" ? "release" : "commit";
  const ended = endOf(stock, orderId);
  if (ended) return ended.by === by ? accept() : refuse({ code: "stock_reservation_ended" });
  const quantity = reservationOf(stock, orderId)?.quantity;
  if (quantity !== undefined) {
    const data = { orderId, quantity };
    return accept(by === "release" ? { type: "StockReleased", data } : { type: "StockCommitted", data });
  }
  // A release of what was never reserved is kept: the reservation may still be on its way here.
  const isAhead = command.type === "ReleaseStock" && !command.wasReserved;
  return isAhead
    ? accept({ type: "StockReleased", data: { orderId, quantity: 0 } })
    : refuse({ code: "stock_not_reserved" });
}

function reservationOf({ reservations }: KeptStock, orderId: string) {
  return reservations.find((each) => each.orderId === orderId);
}

function endOf({ ended }: KeptStock, orderId: string) {
  return ended.findLast((each) => each.orderId === orderId);
}

/** Throws where an event stands before the first StockReceived: such a stream is damaged. */
function evolve(state: StockState, event: StockEvent): StockState {
  if (event.type === "StockReceived") {
    const before = state.exists ? state : { exists: true as const, onHand: 0, reservations: [], ended: [] };
    return { ...before, onHand: before.onHand + event.data.quantity };
  }
  if (!state.exists) throw new Error(`${event.type} stands before StockReceived in its stream`);
  switch (event.type) {
    case "StockCounted":
      return { ...state, onHand: event.data.onHand };
    case "StockReserved":
      return { ...state, reservations: [...state.reservations, event.data] };
    case "StockReleased":
      return ending(state, { orderId: event.data.orderId, by: "release" });
    case "StockCommitted":
      return {
        ...ending(state, { orderId: event.data.orderId, by: "commit" }),
        onHand: state.onHand - event.data.quantity,
      };
  }
}

function ending(stock: KeptStock, end: KeptStock["ended"][number]): KeptStock {
  return {
    ...stock,
    reservations: stock.reservations.filter(({ orderId }) => orderId !== end.orderId),
    ended: [...stock.ended, end].slice(-ENDED_MAX),
  };
}
