// One app of this checkout as a process of its own. Only tests import it.
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "@millrace/local/child";
import type { Guard } from "@millrace/local/guard";
import { freePort } from "@millrace/local/ports";
import { type App, ownVariable } from "@millrace/platform/apps";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface AppOptions {
  readonly guard: Guard;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gets each line that it prints. */
  line(line: string): void;
}

/** On a free port, with PATH and what it is given as its whole environment. Resolves before it is ready. */
export async function startApp(app: App, options: AppOptions): Promise<{ url: string; child: Child }> {
  const port = await freePort();
  const child = startChild({
    command: [process.execPath, `apps/${app}/main.ts`],
    guard: options.guard,
    cwd: ROOT,
    environment: { PATH: Bun.env.PATH, [ownVariable(app, "PORT")]: String(port), ...options.environment },
    output: { line: options.line },
  });
  return { url: `http://127.0.0.1:${port}`, child };
}
