// Asked before anything is destroyed.
import type { Context } from "./context.ts";

/** The command can't be carried out as it was given: exit code 2. */
export class UsageError extends Error {}

/** Resolves once somebody has said yes. @throws UsageError where nobody is there to ask, or they said no. */
export async function confirm({ yes }: Pick<Context, "yes">, what: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new UsageError(
      `${what} Nothing was done, since nobody is here to confirm it: say --yes if that is meant.`,
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
