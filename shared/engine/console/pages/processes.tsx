// Processes, and the tasks that they have yet to do: those that wait for a person first.
import { countTasks, type TaskCounts } from "@millrace/processes/metrics";
import { listTasks, type ProcessTask, TASK_STATES, type TaskState } from "@millrace/processes/operate";
import type { Tone } from "@millrace/read-models/shown";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Action, Field } from "../parts/form.tsx";
import { processHref, taskHref, tasksHref } from "../parts/links.ts";
import { Section } from "../parts/section.tsx";
import { Table } from "../parts/table.tsx";
import { Ago, Chip, Id, Num, Time } from "../parts/words.tsx";
import { textIn } from "../query.ts";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 100;

export function processesPage({ sql, processes }: PageContext): Page {
  return {
    path: "/processes",
    section: "Processes",
    live: EACH_TWO_SECONDS,
    async show({ url, formToken }) {
      const process = textIn(url, "process") || undefined;
      const state = TASK_STATES.find((each) => each === textIn(url, "state"));
      const names = processes.map(({ name }) => name);
      const [tasks, counts] = await Promise.all([
        askPostgres("listing tasks", listTasks(sql, { process, state, limit: SHOWN_MAX })),
        askPostgres("counting tasks", countTasks(sql, names)),
      ]);
      return {
        title: "Processes",
        about:
          "A process carries work on over several streams by itself. A task is what it has yet to do for one key: due now or at a time, and gone once nothing is left to do.",
        controls: formToken ? (
          <div class="actions">
            {counts.map((each) => (
              <PauseOrResume process={each} formToken={formToken} />
            ))}
          </div>
        ) : undefined,
        body: (
          <>
            <CountTable counts={counts} />
            <Section id="tasks" title="Tasks">
              <TaskTable tasks={tasks} />
            </Section>
          </>
        ),
      };
    },
  };
}

function PauseOrResume({ process, formToken }: { process: TaskCounts; formToken: string }) {
  const { name, pausedSince } = process;
  const on = processHref(name);
  if (pausedSince !== null)
    return <Action action={`${on}/resume`} formToken={formToken} label={`Resume ${name}`} />;
  return (
    <Action action={`${on}/pause`} formToken={formToken} label={`Pause ${name}`}>
      <Field name="reason" of={name} label={`Why ${name} is paused`} hint="for those who find it paused" />
    </Action>
  );
}

function CountTable({ counts }: { counts: readonly TaskCounts[] }) {
  const link = (name: string, state: TaskState, value: number) =>
    value === 0 ? (
      <Num value={value} />
    ) : (
      <a href={tasksHref(name, state)}>
        <Num value={value} />
      </a>
    );
  return (
    <Table
      caption="By process"
      captionHidden
      rows={counts}
      keyOf={({ name }) => name}
      columns={[
        {
          title: "Process",
          head: true,
          value: ({ name }) => <a href={tasksHref(name)}>{name}</a>,
        },
        {
          title: "State",
          value: ({ pausedSince }) =>
            pausedSince === null ? <Chip tone="good">runs</Chip> : <Chip tone="warn">paused</Chip>,
        },
        { title: "Stuck", right: true, value: ({ name, stuck }) => link(name, "stuck", stuck) },
        { title: "Due", right: true, value: ({ due }) => <Num value={due} /> },
        { title: "Paused tasks", right: true, value: ({ name, paused }) => link(name, "paused", paused) },
        {
          title: "Why paused",
          long: true,
          value: ({ pausedSince, pauseReason }) =>
            pausedSince === null ? (
              "–"
            ) : (
              <>
                <Ago at={pausedSince} />
                {pauseReason && `: ${pauseReason}`}
              </>
            ),
        },
      ]}
      empty="The shop has no processes."
    />
  );
}

function TaskTable({ tasks }: { tasks: readonly ProcessTask[] }) {
  return (
    <Table
      caption="Tasks, those that wait for a person first"
      captionHidden
      rows={tasks}
      keyOf={({ process, key }) => `${process} ${key}`}
      columns={[
        { title: "Key", head: true, value: (task) => <Id value={task.key} href={taskHref(task)} /> },
        { title: "Process", value: ({ process }) => process },
        { title: "State", value: ({ state }) => <TaskChip state={state} /> },
        { title: "Due", value: ({ dueAt }) => <Time at={dueAt} /> },
        { title: "Tries", right: true, value: ({ attempts }) => <Num value={attempts} /> },
        { title: "Why", long: true, value: (task) => whyOf(task) ?? "–" },
      ]}
      empty="No process has anything left to do."
    />
  );
}

const TONES: Record<TaskState, Tone> = {
  due: "busy",
  working: "busy",
  held: "warn",
  waiting: "calm",
  retrying: "warn",
  paused: "warn",
  stuck: "bad",
};

export function TaskChip({ state }: { state: TaskState }) {
  return <Chip tone={TONES[state]}>{state}</Chip>;
}

export function whyOf({ stuckReason, failure, waitingFor }: ProcessTask): string | undefined {
  return stuckReason ?? failure ?? waitingFor ?? undefined;
}
