import type { Mutant } from "./mutant.ts";

export const readsMutants: readonly Mutant[] = [
  {
    name: "query parameters that no route declares are passed over",
    file: "shared/http/unknown-parameters.ts",
    from: "if (unknown.size === 0) return undefined;",
    to: "if (unknown.size >= 0) return undefined;",
    test: "shared/http/unknown-parameters.test.ts",
    killedBy: "are named, each once, beside those that it knows",
  },
];
