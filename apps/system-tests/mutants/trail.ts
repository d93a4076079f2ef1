import type { Mutant } from "./mutant.ts";

const TRAIL = { test: "shared/engine/trail/trail.int.test.ts" };
const KEYS = { file: "shared/engine/access/keys.ts", test: "shared/engine/access/keys.int.test.ts" };

export const trailMutants: readonly Mutant[] = [
  {
    ...TRAIL,
    name: "the trail's entries hold nothing of the one before",
    file: "shared/engine/trail/entry.ts",
    from: "    previousHash,\n    position,",
    to: "    position,",
    killedBy: "an entry that was changed and hashed anew is found by the one after it",
  },
  {
    ...TRAIL,
    name: "the trail's entries don't hash the login that wrote them",
    file: "shared/engine/trail/entry.ts",
    from: "    at,\n    login,\n    actor,\n    authn,\n    origin,\n    act,\n    target,\n    details,\n  ]);",
    to: "    at,\n    actor,\n    authn,\n    origin,\n    act,\n    target,\n    details,\n  ]);",
    killedBy: "a changed login is found",
  },
  {
    ...TRAIL,
    name: "the trail's entries are written by several at once",
    file: "shared/engine/trail/record.ts",
    from: "pg_advisory_xact_lock(",
    to: "length('' || ",
    killedBy: "acts at once, some of them undone, leave one chain without gaps",
  },
  {
    ...TRAIL,
    name: "the trail may end before a head that was noted",
    file: "shared/engine/trail/verify.ts",
    from: "noted && noted.position > head.position",
    to: "noted && noted.position < 0",
    killedBy: "entries cut off at the end are found by a head that was noted, and by nothing else",
  },
  {
    ...TRAIL,
    name: "the trail may have another hash where a head was noted",
    file: "shared/engine/trail/verify.ts",
    from: "noted?.position === entry.position",
    to: "noted?.position === -1",
    killedBy: "a chain hashed anew to its end is found by a head that was noted, and by nothing else",
  },
  {
    ...TRAIL,
    name: "the trail may be emptied",
    file: "migrations/0009_trail.sql",
    from: "UPDATE OR DELETE OR TRUNCATE",
    to: "UPDATE OR DELETE",
    killedBy: "no role changes, deletes or empties entries",
  },
  {
    ...KEYS,
    name: "the trail does not say who made a key",
    from: '      await recordAct(tx, by, { name: "key.create", target: id, details });',
    to: "      void details;",
    killedBy: "who made a key and who ended it stand in the trail, and never the key",
  },
  {
    ...KEYS,
    name: "the trail is written apart from a key's end",
    file: "shared/engine/trail/record.ts",
    from: "if (count > 0) await recordAct(tx, by, act);",
    to: "if (count > 0) void sql.begin((own) => recordAct(own, by, act)).catch(() => {});",
    killedBy: "a key is made or ended with its entry in the trail, or not at all",
  },
  {
    name: "the trail does not say who steered a task",
    file: "shared/engine/trail/record.ts",
    from: "if (count > 0) await recordAct(tx, by, act);",
    to: "if (count === 0) await recordAct(tx, by, act);",
    test: "shared/engine/processes/tasks.int.test.ts",
    killedBy: "who steered a task stands in the trail, and nobody who found none",
  },
  {
    name: "the trail's entry of a retry commits after dispatchers were woken",
    file: "shared/engine/processes/operate.ts",
    from: "  await tx`select pg_notify(",
    to: '  await tx.notify(TASKS_CHANNEL, "");\n  await tx`select concat(',
    test: "shared/engine/processes/advance.int.test.ts",
    killedBy: "leaves its task with the reason, and goes on once somebody retries it",
  },
];
