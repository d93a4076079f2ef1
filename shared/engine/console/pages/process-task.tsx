// One task of a process: its state, why, and what can be done with it.
import { Failure } from "@millrace/platform/failure";
import { findTask, type ProcessTask } from "@millrace/processes/operate";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Action } from "../parts/form.tsx";
import { streamHref, taskHref } from "../parts/links.ts";
import { Facts } from "../parts/table.tsx";
import { Ago, Id, Num, Time } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { TaskChip, whyOf } from "./processes.tsx";

export function processTaskPage({ sql, processes }: PageContext): Page {
  return {
    path: "/processes/:process/:key",
    section: "Processes",
    live: EACH_TWO_SECONDS,
    async show({ parameters: { process = "", key = "" }, formToken }) {
      const task = await askPostgres("looking for a task", findTask(sql, process, key));
      if (!task) throw new Failure("no_such_task", `${process} has nothing left to do for ${key}`, false);
      const streams = processes.find(({ name }) => name === process)?.streamsOf(key) ?? [];
      const [act, label] = task.state === "paused" ? ["resume", "Resume it"] : ["pause", "Pause it"];
      return {
        title: `${process} of ${key}`,
        controls: (
          <div class="actions">
            <Action action={`${taskHref(task)}/retry`} formToken={formToken} label="Look at it now" />
            <Action action={`${taskHref(task)}/${act}`} formToken={formToken} label={label} />
          </div>
        ),
        body: <Task task={task} streams={streams} />,
      };
    },
  };
}

function Task({ task, streams }: { task: ProcessTask; streams: readonly string[] }) {
  return (
    <div class="card">
      <Facts
        facts={[
          ["State", <TaskChip state={task.state} />],
          ["Why", <span class="long">{whyOf(task) ?? "–"}</span>],
          ["Due", <Time at={task.dueAt} />],
          task.stuckAt === null ? undefined : ["Stuck", <Ago at={task.stuckAt} />],
          ["Tries", <Num value={task.attempts} />],
          [
            "Streams",
            streams.map((stream, index) => (
              <>
                {index > 0 && ", "}
                <Id value={stream} href={streamHref(stream)} />
              </>
            )),
          ],
        ]}
      />
    </div>
  );
}
