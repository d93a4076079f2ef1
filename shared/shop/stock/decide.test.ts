import { describe, expect, test } from "bun:test";
import { fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { stockCodec } from "./codec.ts";
import {
  ENDED_MAX,
  ON_HAND_MAX,
  RESERVATIONS_MAX,
  type StockCommand,
  type StockEvent,
  stockDecider,
} from "./decide.ts";

const received = (quantity: number): StockEvent => ({ type: "StockReceived", data: { quantity } });
const reserved = (orderId: string, quantity = 1): StockEvent => ({
  type: "StockReserved",
  data: { orderId, quantity },
});
const released = (orderId: string, quantity = 1): StockEvent => ({
  type: "StockReleased",
  data: { orderId, quantity },
});
const committed = (orderId: string, quantity = 1): StockEvent => ({
  type: "StockCommitted",
  data: { orderId, quantity },
});

const reserve = (orderId: string, quantity = 1): StockCommand => ({
  type: "ReserveStock",
  orderId,
  quantity,
});
const release = (orderId: string): StockCommand => ({ type: "ReleaseStock", orderId });
const commit = (orderId: string): StockCommand => ({ type: "CommitStock", orderId });
const count = (onHand: number): StockCommand => ({ type: "CountStock", onHand });

describe("what is on the shelf", () => {
  test("is begun by what is received, and grows by it", () => {
    given(stockDecider, [])
      .when([
        { type: "ReceiveStock", quantity: 2 },
        { type: "ReceiveStock", quantity: 3 },
      ])
      .then([received(2), received(3)]);
  });
  test("of what was never received, nobody keeps stock", () => {
    for (const command of [count(1), reserve("a"), release("a"), commit("a")]) {
      given(stockDecider, []).when(command).thenRefused("stock_not_found");
    }
  });
  test("is what was counted, and a count that finds what was thought is no event", () => {
    given(stockDecider, [received(5)])
      .when(count(3))
      .then([{ type: "StockCounted", data: { onHand: 3 } }]);
    given(stockDecider, [received(5)])
      .when(count(5))
      .then([]);
  });
  test("is never counted to less than orders were promised", () => {
    given(stockDecider, [received(5), reserved("a", 3)])
      .when(count(2))
      .thenRefused("stock_reserved");
    given(stockDecider, [received(5), reserved("a", 3), released("a", 3)])
      .when(count(2))
      .then([{ type: "StockCounted", data: { onHand: 2 } }]);
  });
  test("has an end", () => {
    given(stockDecider, [received(ON_HAND_MAX)])
      .when({ type: "ReceiveStock", quantity: 1 })
      .thenRefused("stock_too_large");
  });
});

describe("a reservation", () => {
  test("is of what nobody else has reserved", () => {
    given(stockDecider, [received(2)])
      .when(reserve("a", 2))
      .then([reserved("a", 2)]);
    given(stockDecider, [received(2), reserved("a", 2)])
      .when(reserve("b"))
      .thenRefused("stock_short");
    given(stockDecider, [received(2), reserved("a", 2), released("a", 2)])
      .when(reserve("b", 2))
      .then([reserved("b", 2)]);
    given(stockDecider, [received(2), reserved("a", 2), committed("a", 2)])
      .when(reserve("b"))
      .thenRefused("stock_short");
  });
  // Seen to fail: `reserve` without the line that accepts an order that has reserved already.
  test("is once by its order's id, and so is its end", () => {
    given(stockDecider, [received(2)])
      .when([reserve("a"), reserve("a")])
      .then([reserved("a")]);
    given(stockDecider, [received(2), reserved("a")])
      .when([release("a"), release("a")])
      .then([released("a")]);
    given(stockDecider, [received(2), reserved("a")])
      .when([commit("a"), commit("a")])
      .then([committed("a")]);
  });
  // Seen to fail: `reserve` without the line that refuses what has ended.
  test("that has ended never begins again, so that a worker that wakes up late holds nothing back", () => {
    const ended = "stock_reservation_ended";
    for (const event of [released("a"), committed("a")]) {
      given(stockDecider, [received(2), reserved("a"), event])
        .when(reserve("a"))
        .thenRefused(ended);
    }
    given(stockDecider, [received(2)])
      .when(release("a"))
      .then([released("a", 0)]);
    given(stockDecider, [received(2), released("a", 0)])
      .when(reserve("a"))
      .thenRefused(ended);
  });
  test("ends in one way", () => {
    const ended = "stock_reservation_ended";
    given(stockDecider, [received(2), reserved("a"), committed("a")])
      .when(release("a"))
      .thenRefused(ended);
    given(stockDecider, [received(2), reserved("a"), released("a")])
      .when(commit("a"))
      .thenRefused(ended);
    given(stockDecider, [received(2)])
      .when(commit("a"))
      .thenRefused("stock_not_reserved");
  });
  // Seen to fail: `end` that keeps any release of nothing.
  test("that was given up longer ago than is remembered is given up no second time", () => {
    const later = Array.from({ length: ENDED_MAX }, (_, index) => released(`order-${index}`, 0));
    const forgotten = [received(2), reserved("a"), released("a"), ...later];
    given(stockDecider, forgotten)
      .when({ type: "ReleaseStock", orderId: "a", wasReserved: true })
      .thenRefused("stock_not_reserved");
    // Of one that nobody knows to have been reserved it is said again: what may be on its way must find it.
    given(stockDecider, forgotten)
      .when(release("a"))
      .then([released("a", 0)]);
  });
  test("is one of so many at most, and so many that have ended are remembered", () => {
    const open = Array.from({ length: RESERVATIONS_MAX }, (_, index) => ({
      orderId: `order-${index}`,
      quantity: 1,
    }));
    const full = { exists: true, onHand: ON_HAND_MAX, reservations: open, ended: [] } as const;
    expect(stockDecider.decide(reserve("a"), full)).toMatchObject({
      refusal: { code: "stock_reservations_too_many" },
    });
    const ends = Array.from({ length: ENDED_MAX + 1 }, (_, index) => released(`order-${index}`, 0));
    const state = fold(stockDecider, [received(1), ...ends]);
    expect(state).toMatchObject({ exists: true, reservations: [] });
    expect(state.exists && state.ended.length).toBe(ENDED_MAX);
    expect(state.exists && state.ended.at(-1)?.orderId).toBe(`order-${ENDED_MAX}`);
  });
});

test("every event is read back as it was stored", () => {
  const counted: StockEvent = { type: "StockCounted", data: { onHand: 0 } };
  for (const event of [received(1), counted, reserved("a"), released("a", 0), committed("a")]) {
    const stored = JSON.parse(JSON.stringify(stockCodec.encode(event)));
    const read = stockCodec.decode({
      ...{ stream: "stock-sku-1", version: 1, at: "2026-01-31T12:00:00.000Z", ...stored },
      data: JSON.stringify(stored.data),
      metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
    });
    expect(read).toMatchObject(event);
  }
});
