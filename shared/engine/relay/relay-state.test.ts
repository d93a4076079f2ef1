import { expect, test } from "bun:test";
import { BUSY_RECORDS } from "./pace.ts";
import {
  afterRound,
  began,
  failed,
  type Lanes,
  NEW_RELAY,
  restMs,
  succeeded,
  whyNotReady,
} from "./relay-state.ts";

const LANES: Lanes = { areHeld: true, areNotified: true, pollMs: 1_000, heldDueInMs: 70 };
const ROUND = { records: 0, isAll: true, holds: false };
const connected = { ...NEW_RELAY, isConnected: true };

test("a round that had nothing asks to be notified before it rests, so that nothing goes unseen", () => {
  expect(afterRound(ROUND, { ...LANES, areNotified: false })).toEqual({ do: "ask to be notified" });
  expect(afterRound(ROUND, LANES)).toEqual({ do: "rest", ms: 1_000 });
});

test("without a lane it rests, since it has nothing to be notified of", () => {
  expect(afterRound(ROUND, { ...LANES, areHeld: false, areNotified: false })).toEqual({
    do: "rest",
    ms: 1_000,
  });
});

test("while streams are set aside it rests no longer than until they are due", () => {
  expect(afterRound({ ...ROUND, holds: true }, LANES)).toEqual({ do: "rest", ms: 70 });
});

test("a busy relay is notified no longer; one with a few records is, and removes them soon", () => {
  const busy = { ...ROUND, records: BUSY_RECORDS };
  expect(afterRound(busy, LANES)).toEqual({ do: "go on", stopsBeingNotified: true, restMs: undefined });
  expect(afterRound({ ...ROUND, records: 1 }, LANES)).toEqual({
    do: "go on",
    stopsBeingNotified: false,
    restMs: 50,
  });
  const unnotified = { ...LANES, areNotified: false };
  expect(afterRound(busy, unnotified)).toEqual({ do: "go on", stopsBeingNotified: false, restMs: undefined });
});

test("failures back off to a bound, and a success begins anew", () => {
  let state = connected;
  const waited: number[] = [];
  for (let n = 0; n < 8; n++) {
    state = failed(state, "gone");
    waited.push(restMs(state));
  }
  expect(waited).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(state).toMatchObject({ failures: 8, lastFailure: "gone" });
  expect(succeeded(state)).toMatchObject({ failures: 8, lastFailure: undefined, failuresInARow: 0 });
});

test("not ready before Kafka was reached, and where nothing has gone out for five seconds", () => {
  expect(whyNotReady(failed(NEW_RELAY, "refused"), 0)).toStartWith(
    "Kafka has not been reached yet: refused. ",
  );
  const working = failed(began(connected, 1_000), "no leader");
  expect(whyNotReady(working, 5_999)).toBeUndefined();
  expect(whyNotReady(began(working, 4_000), 6_000)).toStartWith(
    "nothing could be published for 5 s: no leader. Commands are accepted",
  );
  expect(whyNotReady(succeeded(working), 60_000)).toBeUndefined();
});
