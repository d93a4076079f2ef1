import type { Mutant } from "./mutant.ts";

const ROLES = { test: "apps/system-tests/database-roles.int.test.ts" } as const;
const MATRIX = { ...ROLES, file: "shared/engine/rights/matrix.ts" } as const;

export const rightsMutants: readonly Mutant[] = [
  {
    ...MATRIX,
    name: "an app that appends may change events",
    from: '"command-api": APPEND, processes: APPEND',
    to: '"command-api": CHANGE, processes: APPEND',
    killedBy: "lets no app change or remove an event, or an entry of the trail",
  },
  {
    ...ROLES,
    name: "an app is granted more than the matrix says",
    file: "shared/engine/rights/plan.ts",
    from: 'lacks.join(", ")',
    to: '"all"',
    killedBy: "may do with each table what the matrix says, and nothing else",
  },
  {
    ...ROLES,
    name: "who reads events may not read how far they have come",
    file: "shared/engine/rights/plan.ts",
    from: ', ...of("select", "select")',
    to: "",
    killedBy: "reads how far the events have come",
  },
  {
    ...ROLES,
    name: "a new table is in no matrix",
    file: "shared/shop/shop.ts",
    from: '{ table: prices, rights: { "command-api": READ, ops: KEEP } },',
    to: "",
    killedBy: "names every table that the migrations make, and none that they don't",
  },
  {
    ...ROLES,
    name: "the loser of an append deletes by its own right",
    file: "migrations/functions/append_batch.sql",
    from: "perform take_back_events(v_streams, p_versions);",
    to: "delete from events as own using unnest(v_streams, p_versions) as g(stream, version) where own.stream = g.stream and own.version = g.version and own.xmin = pg_current_xact_id()::xid;",
    killedBy: "lets an app that may not delete events lose an append, and leaves none of it",
  },
  {
    ...ROLES,
    name: "any event can be taken back",
    file: "migrations/functions/take_back_events.sql",
    from: " and own.xmin = pg_current_xact_id()::xid",
    to: "",
    killedBy: "takes back only what the same transaction has appended",
  },
  {
    ...ROLES,
    name: "who rebuilds may move any table",
    file: "migrations/functions/move_read_model_table.sql",
    from: "and relowner = (select nspowner from pg_namespace where nspname = 'next')",
    to: "",
    killedBy: "moves read models for those who rebuild, and no other table",
  },
  {
    ...ROLES,
    name: "everybody may end a session that is blocked",
    file: "migrations/functions/end_blocked_session.sql",
    from: "revoke execute on function end_blocked_session from public;",
    to: "",
    killedBy: "shows the relay every app's sessions, and lets it end none that takes its notifications",
  },
];
