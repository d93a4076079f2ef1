// Docker as a source of Postgres and Kafka: whether it answers, and the services of compose.yaml.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A daemon that is there answers within milliseconds; one that hangs must not hold up the start. */
const ANSWER_WITHIN_MS = 3_000;

/** Whether a Docker engine answers on this machine. */
export async function dockerAnswers(): Promise<boolean> {
  if (!Bun.which("docker")) return false;
  const probe = Bun.spawn(["docker", "version", "--format", "{{.Server.Version}}"], {
    stdio: ["ignore", "ignore", "ignore"],
    timeout: ANSWER_WITHIN_MS,
  });
  return (await probe.exited) === 0;
}

/** Whether the checkout describes services for Docker. */
export function hasComposeFile(root: string): boolean {
  return existsSync(join(root, "compose.yaml"));
}

/** Starts services and resolves when they are healthy. @throws when they don't come up. */
export async function composeUp(root: string, services: readonly string[]): Promise<void> {
  await compose(root, ["up", "-d", "--wait", ...services]);
}

export async function composeStop(root: string, services: readonly string[]): Promise<void> {
  await compose(root, ["stop", ...services]);
}

async function compose(root: string, words: readonly string[]): Promise<void> {
  const command = ["docker", "compose", ...words];
  const running = Bun.spawn(command, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const code = await running.exited;
  if (code !== 0) throw new Error(`"${command.join(" ")}" ended with exit code ${code}`);
}
