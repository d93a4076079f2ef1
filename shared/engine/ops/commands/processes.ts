import { type Command, Option } from "commander";
import type { Process } from "@millrace/processes/define-process";
import {
  findTask,
  listTasks,
  type ProcessTask,
  pauseTask,
  resumeTask,
  retryTask,
  TASK_STATES,
  type TaskFilter,
  type TaskName,
} from "@millrace/processes/operate";
import {
  listPauses,
  type Pause,
  pauseProcess,
  REASON_LENGTH_MAX,
  resumeProcess,
} from "@millrace/processes/pause";
import { UsageError } from "../confirm.ts";
import type { Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { operatorHere } from "../operator-here.ts";
import { type Output, wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { printPairs, printTable } from "../table.ts";

const LIMIT_MAX = 1_000;

export function addProcesses(program: Command, run: Run, shop: readonly Process[]): void {
  const processes = program
    .command("processes")
    .description(`what processes have yet to do: ${shop.map(({ name }) => name).join(", ")}`);
  processes
    .command("list")
    .description("their tasks, those that wait for a person first")
    .option("--process <name>", "only of this process")
    .addOption(new Option("--state <state>", "only those in this state").choices([...TASK_STATES]))
    .option("-n, --limit <number>", "so many", wholeNumber(1, LIMIT_MAX), 100)
    .addHelpText("after", "\nExit code 1 where any of them is stuck.\n")
    .action((filter: TaskFilter, command: Command) =>
      run(command, async ({ sql }) => {
        const [pauses, tasks] = await Promise.all([listPauses(sql), listTasks(sql, filter)]);
        const shown = pauses.filter(({ process }) => process === (filter.process ?? process));
        return {
          json: { paused: shown, tasks },
          text: [...shown.map(pausedText), taskTable(tasks)].join("\n"),
          wrong: tasks.some(({ state }) => state === "stuck"),
        };
      }),
    );
  onTask(processes, "show")
    .description("one of them, whole, and the streams that it is about")
    .action((process: string, key: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        const task = await findTask(sql, process, key);
        if (!task) return noTask(process, key);
        const streams = shop.find(({ name }) => name === process)?.streamsOf(key) ?? [];
        const json = { ...task, streams };
        const pairs = Object.entries(json).map(
          ([name, each]) => [name, each === null ? "-" : String(each)] as const,
        );
        return { json, text: printPairs(pairs) };
      }),
    );
  onTask(processes, "retry")
    .description("take it up now, even where it is stuck")
    .action((process: string, key: string, _options, command: Command) =>
      run(command, (context) => steerTask(context, { process, key }, "due")),
    );
  addPause(processes, run, shop);
  addResume(processes, run);
}

function addPause(processes: Command, run: Run, shop: readonly Process[]): void {
  onProcess(processes, "pause")
    .description("leave a task alone until it is resumed; without a key, the whole process")
    .option("--reason <text>", "why the whole process is paused, for those who find it so")
    .action((process: string, key: string | undefined, { reason }: { reason?: string }, command: Command) =>
      run(command, async (context) => {
        if (key !== undefined && reason !== undefined) {
          throw new UsageError(
            "--reason is kept for a whole process only. Nothing was done; leave --reason or the key out.",
          );
        }
        if (reason !== undefined && reason.length > REASON_LENGTH_MAX) {
          throw new UsageError(
            `--reason has ${reason.length} characters, more than ${REASON_LENGTH_MAX}. Nothing was done; shorten it.`,
          );
        }
        if (key !== undefined) return steerTask(context, { process, key }, "paused");
        if (!shop.some(({ name }) => name === process)) {
          const names = shop.map(({ name }) => name).join(", ");
          throw new UsageError(`There is no process ${process}: this shop has ${names}.`);
        }
        const isDone = await pauseProcess(context.sql, { process, reason }, operatorHere());
        if (!isDone) return asItWas(process, "was paused already");
        const text = `${process} is paused: no task of it is taken up, and those in hand end their steps. Nothing is lost meanwhile; \`bun run ops processes resume ${process}\` goes on.`;
        return { json: { process, paused: true }, text };
      }),
    );
}

function addResume(processes: Command, run: Run): void {
  onProcess(processes, "resume")
    .description("go on with a task that was paused; without a key, with the whole process")
    .action((process: string, key: string | undefined, _options, command: Command) =>
      run(command, async (context) => {
        if (key !== undefined) return steerTask(context, { process, key }, "resumed");
        if (!(await resumeProcess(context.sql, process, operatorHere())))
          return asItWas(process, "was not paused");
        return { json: { process, resumed: true }, text: `${process} is resumed.` };
      }),
    );
}

const ACTS = { due: retryTask, paused: pauseTask, resumed: resumeTask } as const;

async function steerTask({ sql }: Context, task: TaskName, done: keyof typeof ACTS): Promise<Output> {
  const { process, key } = task;
  if (!(await ACTS[done](sql, task, operatorHere()))) return noTask(process, key);
  return { json: { process, key, [done]: true }, text: `${process} ${key} is ${done}.` };
}

function onProcess(processes: Command, name: string): Command {
  return processes
    .command(name)
    .argument("<process>", "as `list` shows it")
    .argument("[key]", "as `list` shows it; the whole process where it is left out")
    .addHelpText("after", "\nExit code 1 where there is no such task, or the process was so already.\n");
}

function asItWas(process: string, why: string): Output {
  const text = `${process} ${why}. Nothing was done; \`bun run ops processes list\` shows what is paused.`;
  return wrong({ process, error: "nothing_done" }, text);
}

function pausedText({ process, since, reason }: Pause): string {
  return `${process} is paused since ${since}${reason === null ? "" : `: ${reason}`}. None of its tasks is taken up.`;
}

function onTask(processes: Command, name: string): Command {
  return processes
    .command(name)
    .argument("<process>", "as `list` shows it")
    .argument("<key>", "as `list` shows it")
    .addHelpText("after", "\nExit code 1 where there is no such task.\n");
}

function taskTable(tasks: readonly ProcessTask[]): string {
  return printTable(
    tasks,
    [
      { title: "process", value: ({ process }) => process },
      { title: "key", value: ({ key }) => key, flexible: true },
      { title: "state", value: ({ state }) => state },
      { title: "due", value: ({ dueAt }) => dueAt },
      { title: "tries", value: ({ attempts }) => attempts, right: true },
      {
        title: "why",
        value: ({ stuckReason, failure, waitingFor }) => stuckReason ?? failure ?? waitingFor ?? undefined,
        flexible: true,
      },
    ],
    "Nothing is left to do.",
  );
}

function noTask(process: string, key: string): Output {
  const text = `${process} has no task ${key} to which this applies: it is done, was never begun, or is in another state. Nothing was done; \`bun run ops processes list\` shows its tasks.`;
  return wrong({ process, key, error: "no_such_task" }, text);
}
