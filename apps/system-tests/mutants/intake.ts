import type { Mutant } from "./mutant.ts";

export const intakeMutants: readonly Mutant[] = [
  {
    name: "commands behind one that was put off are decided without it",
    file: "apps/command-api/turns.ts",
    from: "for (const earlier of before) await earlier;",
    to: "await Promise.allSettled(before);",
    test: "apps/command-api/turns.test.ts",
    killedBy: "a task that is put off takes every later one of its key with it, and no other key's",
  },
  {
    name: "a failure in passing of an array's command does not put off those behind it",
    file: "apps/command-api/batch.ts",
    from: "if (isRetryable(error)) throw error;",
    to: "",
    test: "apps/command-api/batch.int.test.ts",
    killedBy: "a command of an array waits with the one before it, without",
  },
  {
    name: "a single request takes the key of an array that was broken off",
    file: "migrations/0014_hold-a-batchs-key.sql",
    from: "member.key = '0/' || k",
    to: "member.key = '0-' || k",
    test: "apps/command-api/routes/commands.int.test.ts",
    killedBy:
      "422: one command under the key of an array that was broken off does nothing, and the array is finished",
  },
];
