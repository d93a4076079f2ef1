// The command line: its commands, their exit codes, and how failures are shown. Scripts rely on the exit codes.
import { Command, CommanderError } from "commander";
import { readConfigBesideDev } from "@millrace/platform/config";
import { describe, Failure } from "@millrace/platform/failure";
import { isPostgresAway } from "@millrace/platform/postgres";
import { withoutPassword } from "@millrace/platform/postgres-address";
import { addAudit } from "./commands/audit.ts";
import { addDatabase } from "./commands/database.ts";
import { addDeadLetters } from "./commands/dead-letters.ts";
import { addEvents } from "./commands/events.ts";
import { addInstallation } from "./commands/installation.ts";
import { addKafka } from "./commands/kafka.ts";
import { addKeys } from "./commands/keys.ts";
import { addLag } from "./commands/lag.ts";
import { addPartitions } from "./commands/partitions.ts";
import { addProcesses } from "./commands/processes.ts";
import { addProjections } from "./commands/projections.ts";
import { addRelay } from "./commands/relay.ts";
import { addTopics } from "./commands/topics.ts";
import { addTrail } from "./commands/trail.ts";
import { addWebhooks } from "./commands/webhooks.ts";
import { addWhy } from "./commands/why.ts";
import { UsageError } from "./confirm.ts";
import { type Context, type OpsShop, openContext } from "./context.ts";
import { examplesOf } from "./examples.ts";
import { EXIT, type Output, print } from "./output.ts";

/** The work of a command. Connections, printing and the exit code are done around it. */
export type Act = (context: Context) => Promise<Output>;

export type Run = (command: Command, act: Act) => Promise<void>;

const GUIDE = `
It works on what DATABASE_URL and KAFKA_BROKERS name, and beside \`bun run dev\` without being told.

Every command takes --json, for programs. Progress goes to standard error.

Exit codes:
  0  done, and nothing is wrong
  1  something is wrong: what was looked for is not there, rows differ, a command failed
  2  the command was not understood, or needs a confirmation that nobody could give

Examples:
  bun run ops lag                          is anything behind?
  bun run ops why A-1                      why is this as it is?
  bun run ops keys create --role clerk --name ann   who may use the APIs?
  bun run ops dead-letters list            what could not be handled?
  bun run ops processes list --state stuck what waits for a person?
  bun run ops webhooks list                who is sent what, and is any endpoint down?
  bun run ops projections rebuild <name>   build its rows anew, prove them, switch
  bun run ops trail                        who did what?
  bun run ops audit --all                  do rows and Kafka say what the event store says?
`;

/** Answers the exit code. */
export async function runOps(words: readonly string[], shop: OpsShop): Promise<number> {
  let exitCode: number = EXIT.fine;
  const run: Run = async (command, act) => {
    const { json = false, yes = false } = command.optsWithGlobals<{ json?: boolean; yes?: boolean }>();
    const context = openContext({ json, yes }, shop);
    try {
      exitCode = print(await act(context), json);
    } finally {
      await context.close();
    }
  };
  const program = createProgram(run, shop);
  try {
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    process.stderr.write(`ops: ${describe(error)}\n${whereToLook(error)}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.wrong;
  }
}

/** Where a server that is away was looked for, and what to set; nothing for any other failure. */
function whereToLook(error: unknown): string {
  const isKafka = isKafkaAway(error);
  if (!isKafka && !isPostgresAway(error)) return "";
  const { DATABASE_URL, KAFKA_BROKERS } = readConfigBesideDev();
  const [server, variable, place] = isKafka
    ? ["Kafka", "KAFKA_BROKERS", KAFKA_BROKERS.join(",")]
    : ["Postgres", "DATABASE_URL", withoutPassword(DATABASE_URL)];
  return `${server} is away or refuses, so the command did not finish. It was looked for at ${place}:
set ${variable} where that is wrong. Servers of \`bun run dev\` are found without it, while it runs.
`;
}

function isKafkaAway(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (/^KafkaJS/.test(current.name)) return true;
    if (current instanceof Failure && current.code === "kafka_unavailable") return true;
  }
  return false;
}

function createProgram(run: Run, shop: OpsShop): Command {
  const examples = examplesOf(shop);
  const program = new Command("bun run ops")
    .description("Looks after a running Millrace.")
    .addHelpText("after", GUIDE)
    .option("--json", "for programs: one JSON value, or one a line where there are many")
    .showHelpAfterError("(--help shows examples)")
    .exitOverride();
  for (const add of [
    addTopics,
    addLag,
    addInstallation,
    addPartitions,
    addRelay,
    addDeadLetters,
    addEvents,
    addWhy,
    addAudit,
    addKeys,
    addTrail,
    addWebhooks,
    addDatabase,
    addKafka,
    ...(shop.commands ?? []),
  ]) {
    add(program, run, examples);
  }
  addProcesses(program, run, shop.processes);
  addProjections(program, run, shop.models);
  everyCommand(program, (command) => {
    command.exitOverride();
    if (command.commands.length === 0) command.option("--json", "for programs");
  });
  return program;
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  for (const child of command.commands) {
    visit(child);
    everyCommand(child, visit);
  }
}
