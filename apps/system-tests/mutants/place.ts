import type { Mutant } from "./mutant.ts";

export const placeMutants: readonly Mutant[] = [];
