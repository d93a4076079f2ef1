// The question before anything is destroyed.
import type { Context } from "./context.ts";

/** The command can't be carried out as it was given. The exit code is 2. */
export class UsageError extends Error {}

/** Resolves once the person at the terminal has said yes. @throws UsageError at any other answer, or without a terminal */
export async function confirm({ yes }: Pick<Context, "yes">, what: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new UsageError(
      `${what} Nothing was done, since there is no terminal to confirm it on. Add --yes to do it.`,
    );
  }
  process.stderr.write(`${what} Go on? [y/N] `);
  for await (const line of console) {
    if (/^y(es)?$/i.test(line.trim())) return;
    break;
  }
  throw new UsageError("Nothing was done.");
}

export const YES = ["-y, --yes", "do it without asking"] as const;
