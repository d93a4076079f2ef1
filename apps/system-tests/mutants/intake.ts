import type { Mutant } from "./mutant.ts";

export const intakeMutants: readonly Mutant[] = [];
