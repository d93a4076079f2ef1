import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SizedRecord } from "@millrace/kafka/received-record";
import { propertyRun } from "@millrace/testing/seed";
import { type Now, next } from "./actor-next.ts";
import { type Effect, type Failure, type Input, step, UNBEGUN, type Work } from "./actor-work.ts";

const NOW: Now = {
  ms: 10_000,
  batchMax: 2,
  left: 0,
  behindInMs: Number.POSITIVE_INFINITY,
  hasParked: false,
  hasDue: false,
};
const assigned: Input = { is: "assigned", assignment: { topic: "t", partition: 0, owner: "me" } };
const claimed: Input = { is: "claimed" };
const done: Input = { is: "turn done" };
const stop: Input = { is: "stopping" };
const startOver: Input = { is: "start over", at: { offset: 0, forgotten: false } };
const away: Failure = { kind: "other", cause: "no connection", isPostgresAway: true };
const fails = (failure: Failure): Input => ({ is: "failed", failure });

function records(from: number, to: number, upTo = to): Input {
  const some = Array.from({ length: to - from }, (_, index) => ({ offset: from + index, bytes: 1 }));
  return { is: "records", records: some as unknown as SizedRecord[], upTo };
}

/** Through all the inputs, as actor.ts goes: where it ends, and all that was to be done. */
function walk(inputs: readonly Input[], from: Work = UNBEGUN, now = NOW) {
  let work = from;
  const effects: Effect[] = [];
  const take = (to: { work: Work; effects: readonly Effect[] }) => {
    work = to.work;
    effects.push(...to.effects);
  };
  for (const input of inputs) {
    take(step(work, input, now.ms));
    take(next(work, now));
  }
  return { work, effects, did: effects.map(short).filter((each) => each !== "look later") };
}

function short(effect: Effect): string {
  if (effect.do === "say state") return effect.state;
  if (effect.do === "pass") return `pass ${effect.upTo}`;
  if (effect.do === "rest") return `rest ${effect.ms}`;
  if (effect.do !== "take a turn") return effect.do;
  const { last } = effect.turn;
  return last.do === "handle" ? `handle ${last.batch.map(({ offset }) => offset)}` : last.do;
}

const ready = walk([assigned, claimed]).work;

describe("an actor's work", () => {
  test("it claims, then handles its mailbox a batch a turn, and passes what is no record once that is empty", () => {
    const { did, effects } = walk([assigned, claimed, records(0, 3, 9), done, done]);
    expect(did).toEqual([
      ...["claiming", "claim", "say left", "say claimed", "idle"],
      ...["handle 0,1", "say committed", "handle 2", "say committed", "pass 9"],
    ]);
    expect(effects).toContainEqual(expect.objectContaining({ do: "say committed", offset: 3, records: 1 }));
  });

  // Seen to fail without the look at `isClaimed`: with no task yet, the records were called committed.
  test("records that come before the claim wait for it", () => {
    expect(walk([records(0, 2), assigned, records(2, 3)]).did).toEqual(["claiming", "claim"]);
    expect(walk([assigned, records(0, 2), fails(away)]).did.slice(-2)).toEqual(["backing-off", "rest 100"]);
  });

  // Seen to fail with `next` that looks not at what is being done.
  test("records that come while a turn is under way begin none beside it", () => {
    const { did } = walk([records(0, 1), records(1, 3, 5), records(3, 3, 7), done, done], ready);
    expect(did).toEqual(["handle 0", "say committed", "handle 1,2", "say committed", "pass 7"]);
  });

  // Seen to fail with the new topic begun before the mailbox was empty.
  test("it starts over only once what came from the old topic has taken effect, and forgets where that ended", () => {
    const { did, work } = walk([records(0, 3, 50), startOver, done, done, done], ready);
    expect(did).toEqual([
      ...["handle 0,1", "say committed", "handle 2", "say committed"],
      ...["start over", "say claimed"],
    ]);
    expect(work).toMatchObject({ upTo: 0, startOver: undefined });
  });

  // Seen to fail with `pass` that looks at the mailbox alone: the checkpoint skipped the new topic's first records.
  test("a place in the old topic is not passed while the new one is begun", () => {
    expect(walk([startOver, records(0, 0, 50), done], ready).did).toEqual(["start over", "say claimed"]);
  });

  // Seen to fail with `isLost` never taken back, and with a mailbox emptied by the failure.
  test("a failed turn is taken again after a rest that grows, and ends former sessions where Postgres was away", () => {
    const { did, effects, work } = walk(
      [records(0, 1), fails(away), { is: "rested" }, fails(away), { is: "rested" }, done],
      ready,
    );
    expect(did).toEqual([
      ...["handle 0", "backing-off", "rest 100", "handle 0", "backing-off", "rest 200", "handle 0"],
      ...["say committed", "pass 1", "idle"],
    ]);
    const ends = effects.flatMap((each) => (each.do === "take a turn" ? each.turn.endsFormerSessions : []));
    expect(ends).toEqual([false, true, true]);
    expect(work).toMatchObject({ isLost: false, failures: 0 });
  });

  test("what stands still says so before it rests", () => {
    const halted = fails({ kind: "halted", cause: "a bug" });
    const newer = fails({ kind: "waiting-for-newer-code", cause: "version 2" });
    const still: Input = { is: "stands still" };
    expect(walk([records(0, 1), halted, still], ready).did).toEqual([
      ...["handle 0", "halted", "stand still", "rest 30000"],
    ]);
    expect(walk([records(0, 1), newer, still], ready).did.at(-1)).toBe("rest 5000");
  });

  // Seen to fail with a finish that catches up whatever has happened.
  test("one that is fenced does nothing more, and stops without a word to Postgres", () => {
    const fenced = walk([records(0, 1), fails({ kind: "fenced", cause: "epoch 2" })], ready);
    expect(walk([records(1, 2), startOver], fenced.work).did).toEqual([]);
    expect(walk([stop], fenced.work).effects).toEqual([{ do: "finish", catchesUp: false }]);
  });

  test("stopped in a turn, it finishes that one and drops the rest", () => {
    const { did, work } = walk([records(0, 5), stop, records(5, 6), done, stop], ready);
    expect(did).toEqual(["handle 0,1", "say committed", "finish"]);
    expect(work.mailbox).toEqual([]);
  });

  // Seen to fail with `claimed` heeded whatever is being done, and with a stop that waits for the rest.
  test("stopped while it rests or claims, it finishes at once, and what comes of those changes nothing", () => {
    for (const before of [walk([records(0, 1), fails(away)], ready), walk([assigned])]) {
      const stopped = walk([stop], before.work);
      expect(stopped.did).toEqual(["finish"]);
      expect(walk([{ is: "rested" }, claimed, fails(away)], stopped.work).did).toEqual([]);
    }
  });

  // Seen to fail with `rest` that looks not whether it is stopping: half a minute's rest began after the stop.
  test("stopped in a turn that fails, or while it says why it stands still, it does not rest any more", () => {
    const halted = fails({ kind: "halted", cause: "a bug" });
    expect(walk([records(0, 1), halted, stop, { is: "stands still" }], ready).did.at(-1)).toBe("finish");
    expect(walk([records(0, 1), stop, fails(away)], ready).did.slice(-2)).toEqual(["backing-off", "finish"]);
  });

  test("by the clock alone it proves those that are left, and asks for requests while anything is parked", () => {
    const later = (now: Partial<Now>, work = ready) => next(work, { ...NOW, ...now }).effects[0];
    expect(later({})).toEqual({ do: "look later", ms: undefined });
    expect(later({ behindInMs: 250 })).toEqual({ do: "look later", ms: 250 });
    const catchUp = { endsFormerSessions: false, last: { do: "catch up" } };
    const parked = { do: "take a turn", turn: { ...catchUp, provesLeft: false, carriesOutRequests: true } };
    expect(later({ hasParked: true })).toEqual(parked as Effect);
    const asked = walk([done], next(ready, { ...NOW, hasParked: true }).work).work;
    expect(later({ hasParked: true }, asked)).toEqual({ do: "look later", ms: 1_000 });
    expect(later({ behindInMs: 5_000, hasParked: true }, asked)).toEqual({ do: "look later", ms: 1_000 });
    expect(later({ hasDue: true }, asked)).toEqual(parked as Effect);
    expect(later({ left: 1 })).toMatchObject({ turn: { provesLeft: true } });
    expect(later({ behindInMs: 0 }, asked)).toMatchObject({ turn: { last: { do: "catch up" } } });
  });
});

// Seen to fail with `next` that looks not at what is being done, and with a mailbox emptied by a turn that failed.
test("in any order of things one thing is done at a time, all records are handled in turn, and a stop finishes", () => {
  const acts = fc.constantFrom("records", "go well", "go wrong", "rest", "start over", "go wrong for long");
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (script) => {
      let work = UNBEGUN;
      let sent = 0;
      let committed = 0;
      let job: string | undefined;
      const take = (input: Input) => {
        const walked = walk([input], work);
        work = walked.work;
        for (const effect of walked.effects) {
          if (effect.do === "say committed") committed = effect.offset;
          if (!["claim", "take a turn", "stand still", "rest", "finish"].includes(effect.do)) continue;
          expect(job).toBeUndefined();
          job = effect.do;
          if (effect.do !== "take a turn" || effect.turn.last.do !== "handle") continue;
          expect(effect.turn.last.batch[0]?.offset).toBe(committed);
        }
      };
      const end = (input: Input) => {
        job = undefined;
        take(input);
      };
      const goOn = (isWell: boolean, failure: Failure = away) => {
        if (job === "stand still") end({ is: "stands still" });
        else if (job === "rest") end({ is: "rested" });
        else if (job === "claim") end(isWell ? claimed : fails(failure));
        else if (job === "take a turn") end(isWell ? done : fails(failure));
      };
      const send = () => {
        sent += 3;
        take(records(sent - 3, sent));
      };
      take(assigned);
      for (const act of script) {
        if (act === "records") send();
        if (act === "start over") take(startOver);
        if (act === "go well") goOn(true);
        if (act === "go wrong") goOn(false);
        if (act === "go wrong for long") goOn(false, { kind: "halted", cause: "a bug" });
        if (act === "rest" && job === "rest") goOn(true);
      }
      for (let turn = 0; turn < 200; turn++) goOn(true);
      expect(committed).toBe(sent);
      take(stop);
      expect(job).toBe("finish");
    }),
    propertyRun(),
  );
});
