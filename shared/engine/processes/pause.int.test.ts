import { describe, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { newestEntries } from "@millrace/trail/list";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { storeCallback } from "./callback.ts";
import { countTasks } from "./metrics.ts";
import { findTask } from "./operate.ts";
import { listPauses, pauseProcess, resumeProcess } from "./pause.ts";
import { claimTasks, nextTaskInMs } from "./tasks.ts";
import { openDepot } from "./testing/depot.ts";

const LABELS = { process: "labels", most: 100, leaseMs: 60_000 };
const EVE = { ...NOBODY, actor: "ops:eve" };

const depot = await onOwnDatabase(openDepot);

describe("a process that a person has paused", () => {
  // Seen to fail with the pause left out of the claim, and with nobody woken by what resumes it. With the pause left out of
  // the next due time alone, the dispatcher would have asked without end: it has to be nothing to wait for.
  test("takes up none of its tasks, whatever wakes them, and goes on with all of them once resumed", async () => {
    const { sql } = depot;
    // No net: what isn't notified would not be found.
    const dispatcher = depot.dispatchLabels({ pollMs: 60_000 });
    const waiting = await depot.pack();
    expect(await pauseProcess(sql, { process: "labels", reason: "out of paper" }, EVE)).toBe(true);
    const keys = [waiting, await depot.pack()];
    for (const key of keys) await depot.deliver(key);
    const body = new TextEncoder().encode("{}");
    await storeCallback(sql, { process: "labels", id: "booked-1", key: waiting, body });

    expect(await claimTasks(sql, LABELS)).toEqual([]);
    expect(await nextTaskInMs(sql, "labels")).toBeUndefined();
    for (const key of keys)
      expect(await findTask(sql, "labels", key)).toMatchObject({ state: "held", attempts: 0 });
    expect(keys.map((key) => depot.account(key).calls)).toEqual([[], []]);

    expect(await resumeProcess(sql, "labels", EVE)).toBe(true);
    await eventually(async () => expect(await depot.tasks()).toBe(0));
    expect(keys.map((key) => depot.account(key).calls)).toEqual([["book"], ["book"]]);
    await dispatcher.stop();
  });

  test("holds up no other process", async () => {
    const { sql } = depot;
    await sql`insert into process_tasks (process, key) values ('mails', 'one')`;
    await pauseProcess(sql, { process: "labels" }, NOBODY);
    const [task] = await claimTasks(sql, { ...LABELS, process: "mails" });
    expect(task).toMatchObject({ process: "mails", key: "one" });
    await sql`delete from process_tasks`;
    await resumeProcess(sql, "labels", NOBODY);
  });

  test("is counted, with since when and why, and its tasks are due still", async () => {
    const { sql } = depot;
    await pauseProcess(sql, { process: "labels", reason: "out of paper" }, NOBODY);
    await depot.deliver(await depot.pack());
    const [pause] = await listPauses(sql);
    expect(pause).toEqual({ process: "labels", since: expect.stringMatching(/Z$/), reason: "out of paper" });
    expect(await countTasks(sql, ["labels", "mails"])).toMatchObject([
      { name: "labels", due: 1, paused: 0, pausedSince: pause?.since, pauseReason: "out of paper" },
      { name: "mails", pausedSince: null, pauseReason: null },
    ]);
    await sql`delete from process_tasks`;
    await resumeProcess(sql, "labels", NOBODY);
    expect(await listPauses(sql)).toEqual([]);
  });

  test("stands in the trail with who paused and who resumed it, each once, and never with the reason", async () => {
    const { sql } = depot;
    const [before] = await newestEntries(sql, 1);
    const acts = [
      await pauseProcess(sql, { process: "labels", reason: "ann@example.com asked" }, EVE),
      await pauseProcess(sql, { process: "labels" }, EVE),
      await resumeProcess(sql, "labels", EVE),
      await resumeProcess(sql, "labels", EVE),
    ];
    expect(acts).toEqual([true, false, true, false]);
    const entries = await newestEntries(sql, 100);
    const own = entries.filter(({ position }) => position > (before?.position ?? 0));
    expect(own.map(({ actor, act, target, details }) => [actor, act, target, details])).toEqual([
      ["ops:eve", "process.resume", "labels", "{}"],
      ["ops:eve", "process.pause", "labels", "{}"],
    ]);
  });
});
