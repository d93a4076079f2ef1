import type { Mutant } from "./mutant.ts";

export const relayMutants: readonly Mutant[] = [];
