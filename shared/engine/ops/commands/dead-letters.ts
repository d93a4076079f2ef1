import type { Command } from "commander";
import {
  type DeadLetter,
  type DeadLetterFilter,
  findDeadLetter,
  listDeadLetters,
  requestDiscard,
  requestOutcome,
  requestRetry,
} from "@millrace/projector/dead-letter";
import { confirm, YES } from "../confirm.ts";
import type { Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { operatorHere } from "../operator-here.ts";
import { type Output, wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { printableLines, printPairs, printTable } from "../table.ts";

const LIMIT_MAX = 1_000;
/** Milliseconds to wait for the partition's owner, which looks once a second. */
const CARRIED_OUT_WITHIN_MS = 15_000;

export function addDeadLetters(program: Command, run: Run): void {
  const letters = program.command("dead-letters").description("records that could not be handled");
  letters
    .command("list")
    .description("what is parked, the oldest first")
    .option("--projection <name>", "only of this projection")
    .option("--key <key>", "only with this key")
    .option("-n, --limit <number>", "so many", wholeNumber(1, LIMIT_MAX), 100)
    .addHelpText("after", "\nExit code 1 where anything is parked.\n")
    .action((filter: DeadLetterFilter, command: Command) =>
      run(command, async ({ db }) => {
        const json = await listDeadLetters(db, filter);
        return { json, text: letterTable(json), wrong: json.length > 0 };
      }),
    );
  addShow(letters, run);
  addRequest(letters, run, "retry");
  addRequest(letters, run, "discard");
}

function letterTable(letters: readonly DeadLetter[]): string {
  return printTable(
    letters,
    [
      { title: "id", value: (row) => String(row.id), right: true },
      { title: "projection", value: (row) => row.projection, flexible: true },
      { title: "record", value: (row) => `${row.topic}/${row.partition}/${row.offset}` },
      { title: "key", value: (row) => row.key, flexible: true },
      { title: "kind", value: (row) => row.kind },
      { title: "cause", value: (row) => row.cause, flexible: true },
    ],
    "Nothing is parked.",
  );
}

function addShow(letters: Command, run: Run): void {
  letters
    .command("show")
    .argument("<id>", "as `list` shows it", wholeNumber(1))
    .description("one of them, whole")
    .action((id: number, _options, command: Command) =>
      run(command, async ({ db }) => {
        const letter = await findDeadLetter(db, id);
        if (!letter) return notParked(id);
        const { headers, value, ...rest } = letter;
        const head = Object.entries(rest).map(
          ([name, each]) => [name, each === null ? "-" : String(each)] as const,
        );
        const more = Object.entries(headers as Record<string, string>);
        return {
          json: letter,
          text: `${printPairs([...head, ...more])}\n\n${printableLines(value ?? "(no value)")}`,
        };
      }),
    );
}

const WORDS = {
  retry: {
    description: "try a record's key again: its records in order, until one fails",
    request: requestRetry,
    done: "went through",
  },
  discard: {
    description: "drop a record for good; those that only waited behind it go on",
    request: requestDiscard,
    done: "is gone",
  },
} as const;

function addRequest(letters: Command, run: Run, what: keyof typeof WORDS): void {
  const { description, request, done } = WORDS[what];
  const command = letters
    .command(what)
    .argument("<id>", "as `list` shows it", wholeNumber(1))
    .description(description)
    .option("--no-wait", "only ask for it; the partition's owner takes it up within a second or so")
    .addHelpText("after", "\nExit code 1 where the record is parked still.\n");
  if (what === "discard") command.option(...YES);
  command.action((id: number, { wait }: { wait: boolean }, self: Command) =>
    run(self, async (context) => {
      const letter = await findDeadLetter(context.db, id);
      if (!letter) return notParked(id);
      if (what === "discard") {
        await confirm(
          context,
          `Record ${letter.topic}/${letter.partition}/${letter.offset} would take no effect, ever.`,
        );
      }
      await request(context.db, id, operatorHere());
      if (!wait) return { json: { id, requested: what }, text: `Asked for: ${what} of ${id}.` };
      return waitFor(context, id, done);
    }),
  );
}

/** Until the record is no longer parked, or has failed again. */
async function waitFor({ db }: Context, id: number, done: string): Promise<Output> {
  const outcome = await requestOutcome(db, id, CARRIED_OUT_WITHIN_MS);
  switch (outcome.is) {
    case "carried out":
      return { json: { id, parked: false }, text: `Record ${id} ${done}.` };
    case "failed again": {
      const { cause } = outcome;
      return wrong(
        { id, parked: true, cause },
        `It failed again, and is parked still: ${cause}\nRetry it once the code that failed is mended and deployed. Where the record is wrong: bun run ops dead-letters discard ${id}`,
      );
    }
    case "waiting": {
      return wrong(
        { id, parked: true, requested: outcome.requested },
        "Asked for, and not taken up yet: the owner of the partition does it, once it runs. `bun run ops partitions` names the owner; where there is none, start a projector.",
      );
    }
  }
}

function notParked(id: number): Output {
  const text = `Record ${id} is not parked: it has taken effect, was discarded, or never was parked. Nothing was done; \`bun run ops dead-letters list\` shows what is parked.`;
  return wrong({ id, error: "not_parked" }, text);
}
