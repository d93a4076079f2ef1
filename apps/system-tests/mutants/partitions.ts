import type { Mutant } from "./mutant.ts";

export const partitionsMutants: readonly Mutant[] = [
  {
    name: "the fence takes any epoch for its owner's",
    file: "shared/partitions/checkpoint.ts",
    from: `and partition = \${named("fence.partition")} and epoch = \${named("fence.epoch")}`,
    to: `and partition = \${named("fence.partition")} and \${named("fence.epoch")}::bigint is not null`,
    test: "shared/partitions/checkpoint.int.test.ts",
    killedBy: "a late owner's rows roll back with its checkpoint",
  },
];
