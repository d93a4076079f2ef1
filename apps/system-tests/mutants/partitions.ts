import type { Mutant } from "./mutant.ts";

const OUTSIDERS = "shared/partitions/outsiders.int.test.ts";

export const partitionsMutants: readonly Mutant[] = [
  {
    name: "the fence takes any epoch for its owner's",
    file: "shared/partitions/checkpoint.ts",
    from: `and partition = \${named("fence.partition")} and epoch = \${named("fence.epoch")}`,
    to: `and partition = \${named("fence.partition")} and \${named("fence.epoch")}::bigint is not null`,
    test: "shared/partitions/checkpoint.int.test.ts",
    killedBy: "a late owner's rows roll back with its checkpoint",
  },
  {
    name: "records that nobody of ours wrote are handled like ours",
    file: "shared/partitions/task.ts",
    from: "handler.isForeign?.(record) ?? false",
    to: "false",
    test: OUTSIDERS,
    killedBy: "a thousand of them cost no more than a moment, park nothing, halt nothing and are counted",
  },
  {
    name: "an event of newer code is taken for one that can't be handled",
    file: "shared/partitions/newer.ts",
    from: `hasCode(error, (code) => code === "newer_schema")`,
    to: "false && hasCode(error, () => true)",
    test: OUTSIDERS,
    killedBy: "waits with its key's later events, the others go on, and newer code takes them in by itself",
  },
  {
    name: "any name that nobody knows is taken for newer code's",
    file: "shared/partitions/newer.ts",
    from: `(what === "name" && (await isStored(tx, record)))`,
    to: `what === "name"`,
    test: OUTSIDERS,
    killedBy: "under a name that nobody here knows waits where the event store has it, and else is parked",
  },
  {
    name: "the next owner of a partition leaves alone what nobody has asked it to retry",
    file: "shared/partitions/dead-letter.ts",
    from: "[1] = 'waiting'`",
    to: "[1] = 'nothing'`",
    test: OUTSIDERS,
    killedBy: "go on with the next owner where the retry of their key was broken off",
  },
  {
    name: "a cancelled statement is the record's fault",
    file: "shared/partitions/task.ts",
    from: `    isPostgresAway(error) ||
    isPostgresRace(error)`,
    to: "    isPostgresRace(error)",
    test: OUTSIDERS,
    killedBy: "57014 is waited out: the batch stays whole and nothing is parked",
  },
];
