import type { Mutant } from "./mutant.ts";

export const kafkaMutants: readonly Mutant[] = [];
