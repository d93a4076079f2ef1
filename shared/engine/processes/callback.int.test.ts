// What a callback does to a process: it has it look, and no more.
import { describe, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { storeCallback } from "./callback.ts";
import { findTask, pauseTask, resumeTask } from "./operate.ts";
import { claimTasks, postponeTask } from "./tasks.ts";
import { openDepot } from "./testing/depot.ts";

const depot = await onOwnDatabase(openDepot);

const callBack = (key: string, id: string = crypto.randomUUID()) =>
  storeCallback(depot.sql, { process: "labels", id, key, body: new TextEncoder().encode("{}") });

describe("a callback", () => {
  // Seen to fail with the due time left as it was.
  test("has a task looked at that would have waited an hour, and is one reason however often it comes", async () => {
    const key = await depot.pack();
    await depot.deliver(key);
    const [task] = await claimTasks(depot.sql, { process: "labels", most: 1, leaseMs: 60_000 });
    if (!task) throw new Error("There was no task to claim");
    await postponeTask(depot.sql, task, { pauseMs: 3_600_000 });
    expect(await callBack(key, "booked-1")).toBe(true);
    expect(await callBack(key, "booked-1")).toBe(false);
    expect(await findTask(depot.sql, "labels", key)).toMatchObject({
      state: "due",
      revision: task.revision + 1,
    });
    const dispatcher = depot.dispatchLabels();
    await eventually(async () => expect(await depot.tasks()).toBe(0));
    expect(await depot.label(key)).toEqual(["LabelRequested", "LabelBooked"]);
    await dispatcher.stop();
  });

  test("that comes before anything is known, or after all is done, calls nobody and leaves no task", async () => {
    const settled = await depot.pack();
    await depot.deliver(settled);
    const dispatcher = depot.dispatchLabels();
    await eventually(async () => expect(await depot.tasks()).toBe(0));
    const before = depot.account(settled).calls.length;
    const unknown = crypto.randomUUID();
    for (const key of [settled, unknown]) expect(await callBack(key)).toBe(true);
    await eventually(async () => expect(await depot.tasks()).toBe(0));
    expect(depot.account(settled).calls.length).toBe(before);
    expect(await depot.label(unknown)).toEqual([]);
    await dispatcher.stop();
  });

  test("leaves alone what a person has paused", async () => {
    const key = await depot.pack();
    await depot.deliver(key);
    await pauseTask(depot.sql, { process: "labels", key }, NOBODY);
    await callBack(key);
    expect(await findTask(depot.sql, "labels", key)).toMatchObject({ state: "paused" });
    await resumeTask(depot.sql, { process: "labels", key }, NOBODY);
  });
});
