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
} from "@millrace/processes/operate";
import { wholeNumber } from "../numbers.ts";
import { operatorHere } from "../operator-here.ts";
import type { Output } from "../output.ts";
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
        const json = await listTasks(sql, filter);
        return { json, text: taskTable(json), wrong: json.some(({ state }) => state === "stuck") };
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
  for (const [name, { description, act, done }] of Object.entries(ACTS)) {
    onTask(processes, name)
      .description(description)
      .action((process: string, key: string, _options, command: Command) =>
        run(command, async ({ sql }) => {
          if (!(await act(sql, { process, key }, operatorHere()))) return noTask(process, key);
          return { json: { process, key, [done]: true }, text: `${process} ${key} is ${done}.` };
        }),
      );
  }
}

const ACTS = {
  retry: { description: "look at it now, one that is stuck too", act: retryTask, done: "due" },
  pause: { description: "leave it alone until it is resumed", act: pauseTask, done: "paused" },
  resume: { description: "go on with one that was paused", act: resumeTask, done: "resumed" },
} as const;

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
  const text = `There is no such task of ${process} for ${key}: it is done, was never begun, or is not in a state that this applies to. Nothing was done; \`bun run ops processes list\` shows what there is.`;
  return { json: { process, key, error: "no_such_task" }, text, wrong: true };
}
