import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import {
  BACKOFF,
  type Effect,
  type Input,
  LATE_MS,
  type Life,
  type Said,
  STALL_MS,
  step,
  UNSTARTED,
} from "./consumer-life.ts";

/** Through all the inputs: where it ends, and all that was to be done. */
function walk(inputs: readonly Input[], from: Life = UNSTARTED, nowMs = 1_000) {
  let life = from;
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(life, input, nowMs);
    life = next.life;
    effects.push(...next.effects);
  }
  return { life, effects };
}

const from = (client: number, what: Said): Input => ({ is: "said", client, what });
const fails = (client: number): Input => from(client, { is: "failed", reason: `crash of ${client}` });
const absent = (...topics: string[]) => new Map(topics.map((topic) => [topic, "it does not exist"]));
const start: Input = { is: "started" };
const stop: Input = { is: "stopping" };
const left: Input = { is: "left" };
const rested: Input = { is: "rested" };
const assignment = [{ topic: "t", partition: 0 }];
const done = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

describe("a consumer's life", () => {
  test("a client that crashes leaves, and after a rest the next one comes", () => {
    const { life, effects } = walk([start, from(1, { is: "joined", assignment }), fails(1), left, rested]);
    expect(effects).toEqual([
      { do: "open a client", number: 1 },
      { do: "say what is assigned", assignment },
      { do: "say what is revoked" },
      { do: "have the client leave" },
      { do: "rest", reason: "crash of 1", ms: BACKOFF.firstMs },
      { do: "open a client", number: 2 },
    ]);
    expect(life).toMatchObject({ state: "joining", trouble: { reason: "crash of 1" } });
  });

  // Seen to fail without the look at who says it: the assignment of client 1 was taken for that of client 2.
  test("what a client says after it had to go changes nothing, be it as late as in its successor's time", () => {
    const words: Said[] = [
      { is: "joined", assignment },
      { is: "rebalancing" },
      { is: "failed", reason: "again" },
      { is: "fetched", broker: 1, at: 9_000 },
      { is: "found absent", topics: absent("t") },
      { is: "looked again", absent: absent() },
      { is: "watched" },
      { is: "alive" },
    ];
    for (const before of [walk([start, fails(1)]), walk([start, fails(1), left, rested])]) {
      for (const word of words) {
        expect(step(before.life, from(1, word), 90_000)).toEqual({ life: before.life, effects: [] });
      }
    }
  });

  test("stopped while it joins, it finishes once the client has left, and opens no other", () => {
    const { life, effects } = walk([start, stop, fails(1), left, rested]);
    expect(done(effects)).toEqual([
      "open a client",
      "say what is revoked",
      "have the client leave",
      "finish",
    ]);
    expect(life.state).toBe("stopped");
  });

  // Seen to fail with `left` that looks not whether it is stopping: the consumer rested, and nobody ever finished.
  test("stopped while a crashed client leaves, it waits for that, and rests no more", () => {
    const leaving = walk([start, fails(1)]);
    const { effects } = walk([stop, stop, left], leaving.life);
    expect(done(effects)).toEqual(["finish"]);
  });

  // Seen to fail with `rested` heeded in any state: the timer of before the stop opened a second client.
  test("stopped while it rests, it finishes at once, and the rest's end opens nothing, not even after a new start", () => {
    const { life, effects } = walk([start, fails(1), left, stop]);
    expect(done(effects).slice(-2)).toEqual(["rest", "finish"]);
    expect(walk([rested], life).effects).toEqual([]);
    expect(done(walk([start, rested], life).effects)).toEqual(["open a client"]);
  });

  test("the rest grows up to a bound, and begins anew after a client that lived for long", () => {
    const crash = (life: Life, afterMs: number) => {
      const number = life.clients;
      const next = walk([fails(number), left], life, 1_000 + afterMs);
      const rest = next.effects.find((effect) => effect.do === "rest");
      return { life: walk([rested], next.life).life, ms: rest?.ms ?? 0 };
    };
    let { life } = walk([start]);
    const rests: number[] = [];
    for (let turn = 0; turn < 7; turn++) {
      const next = crash(life, 10);
      life = next.life;
      rests.push(next.ms);
    }
    expect(rests).toEqual([200, 400, 800, 1_600, 3_200, BACKOFF.mostMs, BACKOFF.mostMs]);
    expect(crash(life, STALL_MS + 1).ms).toBe(BACKOFF.firstMs);
  });

  test("a client that gives no sign for long has stalled; any sign puts that off", () => {
    const { life } = walk([start]);
    expect(walk([from(1, { is: "watched" })], life, 1_000 + STALL_MS).effects).toEqual([]);
    const stalled = walk([from(1, { is: "watched" })], life, 1_001 + STALL_MS);
    expect(stalled.life.leaving?.reason).toContain("no sign of life");
    const signs: Said[] = [
      { is: "alive" },
      { is: "rebalancing" },
      { is: "joined", assignment: [] },
      { is: "fetched", broker: 1, at: 0 },
    ];
    for (const sign of signs) {
      const signed = walk([from(1, sign)], life, STALL_MS);
      expect(walk([from(1, { is: "watched" })], signed.life, 1_001 + STALL_MS).effects).toEqual([]);
    }
  });

  test("absent topics are looked for one look at a time, and one that is there ends the client", () => {
    const { life } = walk([start, from(1, { is: "found absent", topics: absent("a", "b") })]);
    const watched = walk([from(1, { is: "watched" }), from(1, { is: "watched" })], life);
    expect(watched.effects).toEqual([{ do: "look for absent topics", client: 1, topics: ["a", "b"] }]);
    for (const still of [undefined, absent("a", "b")]) {
      const none = walk([from(1, { is: "looked again", absent: still })], watched.life);
      expect(none.effects).toEqual([]);
      expect(done(walk([from(1, { is: "watched" })], none.life).effects)).toEqual(["look for absent topics"]);
    }
    const found = walk([from(1, { is: "looked again", absent: absent("b") })], watched.life);
    expect(found.life.leaving?.reason).toBe("a topic that was absent is there");
  });

  // Seen to fail with `isLooking` false at first: the look ended the client that was about to subscribe to the topic.
  test("what the former client found absent is not looked for before the next one has looked itself", () => {
    const { life } = walk([
      start,
      from(1, { is: "found absent", topics: absent("a") }),
      fails(1),
      left,
      rested,
    ]);
    expect([...life.absent.keys()]).toEqual(["a"]);
    expect(walk([from(2, { is: "watched" })], life).effects).toEqual([]);
    const found = walk([from(2, { is: "found absent", topics: absent() })], life);
    expect(found.life.absent.size).toBe(0);
  });

  test("a fetch is late by the one before from the same broker and client, and any ends the trouble", () => {
    const fetch = (client: number, broker: number, at: number) => from(client, { is: "fetched", broker, at });
    const { life, effects } = walk([start, fetch(1, 1, 0), fetch(1, 2, 9_000), fetch(1, 1, LATE_MS)]);
    expect(done(effects)).toEqual(["open a client"]);
    expect(walk([fetch(1, 1, 2 * LATE_MS + 1)], life).effects).toEqual([{ do: "say that a fetch is late" }]);
    const next = walk([fails(1), left, rested], life);
    expect(next.life.trouble).toBeDefined();
    const fetched = walk([fetch(2, 1, 90_000)], next.life);
    expect(fetched.effects).toEqual([]);
    expect(fetched.life.trouble).toBeUndefined();
  });

  test("trouble dates from its first client", () => {
    const first = walk([start, fails(1), left], UNSTARTED, 5_000);
    const second = walk([rested, fails(2), left], first.life, 6_000);
    expect(second.life.trouble).toEqual({ reason: "crash of 2", since: new Date(5_000) });
  });

  test("a start while it runs is refused", () => {
    expect(() => walk([start, start])).toThrow("starts once");
    expect(() => walk([start, stop, start])).toThrow("starts once");
  });
});

// Seen to fail with `stopping` while a client leaves that finishes at once: the next start's client came beside it.
test("in any order of things there is at most one client, each is revoked before it leaves, and a stop finishes", () => {
  const acts = fc.constantFrom("start", "stop", "fail", "leave", "rest", "join", "rebalance", "old word");
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (script) => {
      let life = UNSTARTED;
      let there = 0;
      let leaves = false;
      let finished = true;
      const take = (input: Input) => {
        const next = step(life, input, 1_000);
        life = next.life;
        for (const [index, { do: what }] of next.effects.entries()) {
          if (what === "open a client") there++;
          if (what === "finish") finished = true;
          if (what !== "have the client leave") continue;
          expect(next.effects[index - 1]?.do).toBe("say what is revoked");
          leaves = true;
        }
        expect(there).toBeLessThanOrEqual(1);
        expect(finished).toBe(life.state === "stopped");
        if (finished) expect(there).toBe(0);
      };
      const leave = () => {
        if (!leaves) return;
        leaves = false;
        there--;
        take(left);
      };
      const begin = () => {
        if (life.state !== "stopped") return;
        finished = false;
        take(start);
      };
      for (const act of script) {
        if (act === "start") begin();
        if (act === "stop") take(stop);
        if (act === "fail") take(fails(life.clients));
        if (act === "leave") leave();
        if (act === "rest") take(rested);
        if (act === "join") take(from(life.clients, { is: "joined", assignment }));
        if (act === "rebalance") take(from(life.clients, { is: "rebalancing" }));
        if (act === "old word") take(fails(life.clients - 1));
      }
      take(stop);
      leave();
      expect(finished).toBe(true);
    }),
    propertyRun(),
  );
});
