import type { Mutant } from "./mutant.ts";

/** Of the eight promises, what no other list switches off. */
export const promisesMutants: readonly Mutant[] = [
  {
    name: "the relay rests without a look for what was appended while nobody notified it",
    file: "shared/engine/relay/relay.ts",
    from: "return lanes.askToBeTold();\n",
    to: "return lanes.askToBeTold().then(() => rest.take(options.pollMs));\n",
    test: "shared/engine/relay/relay.int.test.ts",
    killedBy: "what is appended while a busy relay comes to rest is never left behind",
  },
  {
    name: "a command is appended past a version that its stream has not reached",
    file: "migrations/functions/append_batch.sql",
    from: "where g.expected = 0 or g.version > g.expected + 1\n      or exists (select from events as before where before.stream = g.stream and before.version = g.expected)",
    to: "where true",
    test: "shared/engine/store/append.int.test.ts",
    killedBy: "a command decided on a version that the stream has not reached is a conflict, not a gap",
  },
  {
    name: "a command is decided again under a key that has its answer",
    file: "migrations/functions/append_batch.sql",
    from: "if v_done < json_array_length(p_answers) then",
    to: "if false then",
    test: "shared/engine/store/append.int.test.ts",
    killedBy: "a taken key fails only its own command, which appends nothing",
  },
  {
    name: "later records of a key overtake the one that waits",
    file: "shared/engine/projector/task.ts",
    from: "if (parked.has(key) || begun.has(key)) letters.push(waitingBehind(record));\n      else if",
    to: "if",
    test: "shared/engine/projector/outsiders.int.test.ts",
    killedBy: "waits with its key's later events, the others go on, and newer code takes them in by itself",
  },
  {
    name: "a drain cuts off what is under way",
    file: "shared/engine/http/listen.ts",
    from: "while (server.pendingRequests > 0) await Bun.sleep(DRAIN_LOOK_MS);",
    to: "void DRAIN_LOOK_MS;",
    test: "shared/engine/http/listen.test.ts",
    killedBy: "a drain answers what is under way whole, and waits for no connection that asks nothing",
  },
  {
    name: "an unclear answer of the gateway is taken for a refusal",
    file: "shared/engine/processes/call.ts",
    from: 'overrun.resolve({ outcome: "unclear", cause: "timeout" });',
    to: 'overrun.resolve({ outcome: "declined" } as never);',
    test: "shared/shop/payment/payments.int.test.ts",
    killedBy: "a charge that goes through after its time has run out is completed and not made again",
  },
];
