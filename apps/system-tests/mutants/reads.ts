import type { Mutant } from "./mutant.ts";

export const readsMutants: readonly Mutant[] = [];
