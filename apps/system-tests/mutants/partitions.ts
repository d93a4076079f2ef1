import type { Mutant } from "./mutant.ts";

const INTERLEAVINGS = "shared/engine/processes/interleavings.property.int.test.ts";
const GATHERING = "shared/engine/projector/gathering.int.test.ts";
const OUTSIDERS = "shared/engine/projector/outsiders.int.test.ts";

export const partitionsMutants: readonly Mutant[] = [
  {
    name: "the fence takes any epoch for its owner's",
    file: "shared/engine/projector/checkpoint.ts",
    from: `and partition = \${named("fence.partition")} and epoch = \${named("fence.epoch")}`,
    to: `and partition = \${named("fence.partition")} and \${named("fence.epoch")}::bigint is not null`,
    test: "shared/engine/projector/checkpoint.int.test.ts",
    killedBy: "a late owner's rows roll back with its checkpoint",
  },
  {
    name: "records that share a statement are forgotten where that fails",
    file: "shared/engine/projector/gathering.ts",
    from: `    await task.handle(gathered);
    gathered = [];`,
    to: `    const some = gathered;
    gathered = [];
    await task.handle(some);`,
    test: GATHERING,
    killedBy: "what fails takes effect with the next attempt, once",
  },
  {
    name: "a place is passed before the records that wait before it",
    file: "shared/engine/projector/gathering.ts",
    from: "if (gathered.length === 0) task.pass(upTo);\n      else end",
    to: "task.pass(upTo);\n      end",
    test: GATHERING,
    killedBy: "what is no record is passed after what waits before it",
  },
  {
    name: "records that nobody of ours wrote are handled like ours",
    file: "shared/engine/projector/task-batch.ts",
    from: "handler.isForeign?.(record) ?? false",
    to: "false",
    test: OUTSIDERS,
    killedBy: "a thousand of them cost no more than a moment, park nothing, halt nothing and are counted",
  },
  {
    name: "an event of newer code is taken for one that can't be handled",
    file: "shared/engine/projector/newer.ts",
    from: `hasCode(error, (code) => code === "newer_schema")`,
    to: "false && hasCode(error, () => true)",
    test: OUTSIDERS,
    killedBy: "waits with its key's later events, the others go on, and newer code takes them in by itself",
  },
  {
    name: "any name that nobody knows is taken for newer code's",
    file: "shared/engine/projector/newer.ts",
    from: `(what === "name" && stored.has(nameOf(record)))`,
    to: `what === "name"`,
    test: OUTSIDERS,
    killedBy: "under a name that nobody here knows waits where the event store has it, and else is parked",
  },
  {
    name: "the next owner of a partition leaves alone what nobody has asked it to retry",
    file: "shared/engine/projector/dead-letter.ts",
    from: "[1] = 'waiting'`",
    to: "[1] = 'nothing'`",
    test: OUTSIDERS,
    killedBy: "go on with the next owner where the retry of their key was broken off",
  },
  {
    name: "a cancelled statement is the record's fault",
    file: "shared/engine/projector/task-batch.ts",
    from: `    isPostgresAway(error) ||
    isPostgresRace(error)`,
    to: "    isPostgresRace(error)",
    test: OUTSIDERS,
    killedBy: "57014 is waited out: the batch stays whole and nothing is parked",
  },
  {
    name: "an order that was called off is given up without a word in its payment's stream",
    file: "shared/shop/payment/payment-process.ts",
    from: `  const type = isCalledOff(order) ? "ForgoPayment" : "RequestPayment";`,
    to: `  if (isCalledOff(order)) return recordAs(orderId, "FAILED");
  const type = "RequestPayment";`,
    test: "shared/shop/payment/races.int.test.ts",
    killedBy:
      "a dispatcher that stood still before it asked for a payment takes no money for an order given up meanwhile",
  },
  {
    name: "a late owner's task is gone for good once another has finished it",
    file: "shared/engine/processes/tasks.ts",
    from: `    values (\${task.process}, \${task.key}, \${dueAt}, \${task.revision + 1}, \${attempts}, \${waitingFor}, \${failure})`,
    to: `    select \${task.process}, \${task.key}, \${dueAt}, \${task.revision + 1}, \${attempts}, \${waitingFor}, \${failure}
    where exists (select from process_tasks where key = \${task.key})`,
    test: "shared/engine/processes/tasks.int.test.ts",
    killedBy: "one that another has finished is there again where its late owner has something left to ask",
  },
  {
    name: "a process's calls have a new key each",
    file: "shared/engine/processes/advance.ts",
    from: "callWithin({ callMsMax: opened.callMsMax, log }, step.key,",
    to: "callWithin({ callMsMax: opened.callMsMax, log }, step.key + Math.random(),",
    test: INTERLEAVINGS,
    killedBy: "however wakes, kills and late answers interleave, the calls of a key are one legal path",
  },
  {
    name: "a callback is taken whoever has signed it",
    file: "shared/engine/callbacks/standard-webhooks.ts",
    from: "return isSigned ? { id } : undefined;",
    to: "return isSigned || text !== undefined ? { id } : undefined;",
    test: "shared/engine/callbacks/standard-webhooks.test.ts",
    killedBy: "is refused of a stranger's secret, of other bytes and without a signature",
  },
  {
    name: "a callback that comes again is a new one",
    file: "shared/engine/processes/callback.ts",
    from: "on conflict (process, provider_id) do nothing returning key",
    to: "on conflict (process, provider_id) do update set received_at = now() returning key",
    test: "shared/engine/callbacks/callback-routes.int.test.ts",
    killedBy: "200: one that comes again wakes nothing, at once or later",
  },
  {
    name: "a callback leaves a task that waits as it was",
    file: "shared/engine/processes/callback.ts",
    from: "set due_at = now(), revision = process_tasks.revision + 1,",
    to: "set revision = process_tasks.revision + 1,",
    test: "shared/engine/processes/callback.int.test.ts",
    killedBy: "has a task looked at that would have waited an hour, and is one reason however often it comes",
  },
  {
    name: "a paused process's tasks are claimed all the same",
    file: "shared/engine/processes/tasks.ts",
    from: `(leased_until is null or leased_until <= now()) and \${isOn(sql, process)}`,
    to: "(leased_until is null or leased_until <= now())",
    test: "shared/engine/processes/pause.int.test.ts",
    killedBy: "takes up none of its tasks, whatever wakes them, and goes on with all of them once resumed",
  },
  {
    name: "two dispatchers may have one task at once",
    file: "shared/engine/processes/tasks.ts",
    from: "        and due_at <= now() and (leased_until is null or leased_until <= now()) and",
    to: "        and due_at <= now() and",
    test: INTERLEAVINGS,
    killedBy: "however wakes, kills and late answers interleave, the calls of a key are one legal path",
  },
  {
    name: "one stream that can't be folded ends a rebuild of all the others",
    file: "shared/engine/read-models/apply-batch.ts",
    from: "      leaveOut(id, error);",
    to: "      throw error;",
    test: "shared/engine/rebuild/loaders.int.test.ts",
    killedBy:
      "a stream that can't be folded is left out by name, the others are rebuilt, and that can be accepted",
  },
  {
    name: "a rebuilt model's tables can be read by nobody but their owner",
    file: "shared/engine/rebuild/switch.ts",
    from: "  await copyGrants(tx, model, from);\n",
    to: "  if (model.rows.length === 0) await copyGrants(tx, model, from);\n",
    test: "shared/engine/rebuild/loaders.int.test.ts",
    killedBy:
      "a stream that can't be folded is left out by name, the others are rebuilt, and that can be accepted",
  },
  {
    name: "a sample is given up at the first stream that can't be folded",
    file: "shared/engine/audit/expected.ts",
    from: `    if (passes(error)) throw error;
  }
  const`,
    to: `    throw error;
  }
  const`,
    test: "shared/engine/audit/sample.int.test.ts",
    killedBy:
      "the newest stream is in every sample, and one that can't be folded is named while the others are looked at",
  },
  {
    name: "a read model that is far behind is waited for by its topic's others",
    file: "shared/engine/projector/actor-session.ts",
    from: "furthest - task.offset() > behindMax",
    to: "furthest - task.offset() > behindMax && behindMax < 0",
    test: "apps/system-tests/chaos/actor.chaos.test.ts",
    killedBy:
      "a read model that is far behind holds up none of its topic's others, says so, and joins them once it is built",
  },
  {
    name: "a partition that stands still says so to nobody who asks Postgres",
    file: "shared/engine/projector/checkpoint.ts",
    from: ".set({ standsStill: storable(cause) })",
    to: ".set({ standsStill: null })",
    test: OUTSIDERS,
    killedBy: "is told of what failed, of what newer code has to read, and of a partition that stands still",
  },
];
