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
  {
    name: "an error's text holds a statement with its parameters",
    file: "shared/platform/failure.ts",
    from: `return "query" in error && "params" in error;`,
    to: "return false;",
    test: "shared/platform/failure.test.ts",
    killedBy: "never holds what people sent: what was classified",
  },
  {
    name: "a log holds all that an error has beside its message",
    file: "shared/platform/log.ts",
    from: "serializers: { err: loggedError },",
    to: "",
    test: "shared/platform/log.test.ts",
    killedBy: "a log has no words for an error but those that hold nothing that people sent",
  },
  {
    name: "a gateway's error text is stored in an event",
    file: "apps/payments/gateway.ts",
    from: `return { outcome: "unclear", cause: "failed" };`,
    to: `return { outcome: "unclear", cause: String(error) as "failed" };`,
    test: "apps/payments/gateway.test.ts",
    killedBy: "an error is unclear too, and its text stays out of the event",
  },
];
