import { describe, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { findTask, retryTask } from "./operate.ts";
import { openDepot } from "./testing/depot.ts";
import { KILOGRAMS_MAX } from "./testing/labels.ts";

/** No net: what isn't notified or due at a known time would not be found. */
const NO_NET = { pollMs: 60_000 };

const depot = await onOwnDatabase(openDepot);

const taskOf = (key: string) => findTask(depot.sql, "labels", key);

async function packed(kilograms?: number): Promise<string> {
  const key = await depot.pack(kilograms);
  await depot.deliver(key);
  return key;
}

describe("a step that waits for a time", () => {
  // Seen to fail with the wait handed to postponeTask as a pause of 0: it was looked at again and again.
  test("is looked at once before its time and once at it, and says what it waits for", async () => {
    let looks = 0;
    const now = () => {
      looks++;
      return new Date().toISOString();
    };
    const dispatcher = depot.dispatchLabels({ restMs: 1_500, now, ...NO_NET });
    const key = await packed();
    await eventually(async () =>
      expect(await taskOf(key)).toMatchObject({
        state: "waiting",
        waitingFor: "the glue to dry",
        attempts: 0,
      }),
    );
    expect([looks, await depot.label(key)]).toEqual([1, []]);
    await eventually(async () => expect(await depot.label(key)).toEqual(["LabelRequested", "LabelBooked"]));
    await eventually(async () => expect(await taskOf(key)).toBeUndefined());
    await dispatcher.stop();
  });

  test("is looked at as soon as something happens", async () => {
    const dispatcher = depot.dispatchLabels({ restMs: 60_000, ...NO_NET });
    const key = await packed();
    await eventually(async () => expect(await taskOf(key)).toMatchObject({ state: "waiting" }));
    const before = await taskOf(key);
    await depot.deliver(key);
    await eventually(async () => {
      const after = await taskOf(key);
      expect(after).toMatchObject({ state: "waiting" });
      expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
    });
    await dispatcher.stop();
    await depot.sql`delete from process_tasks`;
  });
});

describe("a step that needs a person", () => {
  test("leaves its task with the reason, and goes on once somebody retries it", async () => {
    const dispatcher = depot.dispatchLabels(NO_NET);
    const key = await packed(KILOGRAMS_MAX + 1);
    const stuck = { state: "stuck", stuckReason: "31 kg is more than the carrier takes" };
    await eventually(async () => expect(await taskOf(key)).toMatchObject(stuck));
    const { stuckAt } = (await taskOf(key)) ?? {};
    await retryTask(depot.sql, { process: "labels", key }, NOBODY);
    await eventually(async () => {
      const again = await taskOf(key);
      expect(again).toMatchObject(stuck);
      expect(again?.stuckAt).not.toBe(stuckAt);
    });
    await dispatcher.stop();
  });

  // Seen to fail with the refusal taken for a lost race: the carrier was asked again and again, and nobody heard of it.
  test("is what an answer becomes that contradicts what is stored", async () => {
    const by = { ...depot.carrier, book: async () => ({ outcome: "forgotten" }) as const };
    const dispatcher = depot.dispatchLabels({ by, ...NO_NET });
    const key = await packed();
    await eventually(async () =>
      expect(await taskOf(key)).toMatchObject({
        state: "stuck",
        stuckReason: `Forget on label-${key} was refused: labels_are_never_forgotten, after book answered forgotten`,
      }),
    );
    await dispatcher.stop();
  });
});

test("a call without a clear answer is made again after longer and longer pauses", async () => {
  let calls = 0;
  const by = {
    ...depot.carrier,
    async book(key: string) {
      if (++calls < 3) throw new Error("connection reset");
      return depot.carrier.book(key);
    },
  };
  const dispatcher = depot.dispatchLabels({ by, ...NO_NET });
  const key = await packed();
  await eventually(async () => expect(await taskOf(key)).toMatchObject({ state: "retrying", attempts: 2 }));
  await eventually(async () => expect(await depot.label(key)).toEqual(["LabelRequested", "LabelBooked"]));
  expect(calls).toBe(3);
  await dispatcher.stop();
});
