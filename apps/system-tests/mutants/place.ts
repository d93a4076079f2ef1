import type { Mutant } from "./mutant.ts";

export const placeMutants: readonly Mutant[] = [
  {
    name: "a cancelled statement is taken for the command's own fault",
    file: "shared/platform/postgres.ts",
    from: "(?:08|28|53|57|58)...",
    to: "(?:08|28|53|58)...",
    test: "shared/platform/postgres.test.ts",
    killedBy: "57014 passes: a 503, and nobody's fault",
  },
  {
    name: "a read-only server is taken for the command's own fault",
    file: "shared/platform/postgres.ts",
    from: "|25006|",
    to: "|",
    test: "shared/platform/postgres.test.ts",
    killedBy: "25006 passes: a 503, and nobody's fault",
  },
];
