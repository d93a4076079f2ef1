// A copy of this checkout that a team would work in, with a database, topics and ports of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/local/ports";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { copyCheckout } from "./chaos/system/copy-checkout.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const APPS = ["COMMAND_API", "QUERY_API", "CONSOLE", "RELAY", "PROJECTOR", "PROCESSES"] as const;
/** Longest time, in ms, until every process of `bun run dev` is ready beside other tests. */
const READY_MS = 180_000;

export interface TeamCopy {
  readonly root: string;
  /** What its programs are run with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: Readonly<Record<(typeof APPS)[number], number>>;
  readonly prefix: string;
  /** Runs a program in it and answers what it printed. @throws where it ends with another code than is expected */
  run(command: readonly string[], expected?: number): string;
  /** `bun run dev`, until it says that it is ready; in place of one that runs. */
  startDev(): Promise<void>;
  stopDev(): Promise<void>;
  remove(): void;
}

/** @param name before the names of its topics and groups, with what no other run has */
export async function makeTeamCopy(name: string): Promise<TeamCopy> {
  const root = mkdtempSync(join(tmpdir(), "millrace-copy-"));
  copyCheckout(ROOT, root);
  const stack = await testStack();
  const database = await stack.freshDatabase();
  const prefix = `${stack.uniqueName(name)}.`;
  const port = {} as Record<(typeof APPS)[number], number>;
  for (const app of APPS) port[app] = await freePort();
  const environment: Record<string, string> = {
    // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
    ...(process.env as Record<string, string>),
    ...Object.fromEntries(APPS.map((app) => [`${app}_PORT`, String(port[app])])),
    ...{ NO_COLOR: "1", MILLRACE_KAFKA_PREFIX: prefix },
    ...{ DATABASE_URL: database.url, KAFKA_BROKERS: stack.brokers.join(",") },
    COMMAND_API_URL: `http://localhost:${port.COMMAND_API}`,
    QUERY_API_URL: `http://localhost:${port.QUERY_API}`,
  };
  let dev: Bun.Subprocess | undefined;
  let starts = 0;

  const run = (command: readonly string[], expected = 0) => {
    const options = { cwd: root, stdin: "ignore", env: environment } as const;
    const { exitCode, stdout, stderr } = Bun.spawnSync([...command], options);
    const printed = `${stdout}${stderr}`;
    if (exitCode !== expected) throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${printed}`);
    return printed;
  };
  const stopDev = async () => {
    dev?.kill("SIGINT");
    await dev?.exited;
    dev = undefined;
  };
  run(["git", "init", "-q"]);
  return {
    ...{ root, environment, port, prefix, run, stopDev },
    async startDev() {
      await stopDev();
      const log = Bun.file(join(root, `dev-${++starts}.log`));
      const errors = Bun.file(join(root, `dev-${starts}.err`));
      const started = Bun.spawn(["bun", "run", "dev"], {
        ...{ cwd: root, env: environment, stdin: "ignore", stdout: log, stderr: errors },
      });
      dev = started;
      const isReady = async () => {
        if ((await log.text()).includes("Millrace is ready")) return;
        throw new Error(`bun run dev is not ready:\n${await log.text()}${await errors.text()}`);
      };
      const ended = started.exited.then(async (code) => {
        throw new Error(`bun run dev ended with ${code}:\n${await log.text()}${await errors.text()}`);
      });
      ended.catch(() => {});
      await Promise.race([eventually(isReady, { withinMs: READY_MS, everyMs: 100 }), ended]);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
