// Who may do what in Postgres: the least that each app needs, in one place. `migrate` grants it, `ops database roles` shows
// it, and a test tries all of it. Must never let an app change or remove an event, or an entry of the trail.
import { getTableName } from "drizzle-orm";
import { apiKeys, consoleSessions } from "@millrace/access/tables";
import { auditFindings } from "@millrace/audit/tables";
import { APPS, type App } from "@millrace/platform/apps";
import { APPEND, CHANGE, KEEP, READ, type Right, type TableRights } from "@millrace/platform/table-rights";
import { installation } from "@millrace/platform/tables";
import { processCallbacks, processPauses, processTasks } from "@millrace/processes/tables";
import { checkpoints, deadLetters } from "@millrace/projector/tables";
import { type ReadModel, tablesOf } from "@millrace/read-models/read-model";
import { rebuildRanges, rebuilds } from "@millrace/rebuild/tables";
import {
  events,
  outbox,
  relayHeld,
  relayMarks,
  relayRefills,
  relayTopics,
  snapshots,
  storedAnswers,
  submittedCommands,
} from "@millrace/store/tables";
import { trail } from "@millrace/trail/tables";
import { webhookDeliveries, webhookEndpoints, webhookReplays } from "@millrace/webhooks/tables";

/** What there is to know of a shop. */
export interface RightsOf {
  readonly readModels: readonly Pick<ReadModel, "rows" | "sums">[];
  /** Tables that are no read model's. */
  readonly tables: readonly TableRights[];
}

export interface MatrixRow {
  readonly table: string;
  readonly rights: Readonly<Record<App, readonly Right[]>>;
  /** Made anew by those who rebuild, so it belongs to the role that they share. */
  readonly isReadModel: boolean;
}

/** They rebuild and switch read models, which only a table's owner may. */
export const REBUILDERS: readonly App[] = ["console", "ops"];
/** They compare rows with what events make of them, in temporary tables. */
export const AUDITORS: readonly App[] = ["projector", ...REBUILDERS];

/** What only some may call, since it runs as the schema's owner. */
export const FUNCTION_RIGHTS: Readonly<Record<string, readonly App[]>> = {
  "our_sessions()": ["relay", "console", "ops"],
  "end_blocked_session(integer)": ["relay"],
  "move_read_model_table(text, text, text)": REBUILDERS,
};

const ENGINE: readonly TableRights[] = [
  { table: installation, rights: { ...all(READ), "command-api": CHANGE } },
  { table: events, rights: { ...all(READ), "command-api": APPEND, processes: APPEND } },
  {
    table: outbox,
    rights: {
      "command-api": ["insert"],
      processes: ["insert"],
      relay: ["select", "delete"],
      ...some(["projector", "console", "ops"], READ),
    },
  },
  { table: storedAnswers, rights: { "command-api": ["select", "insert", "delete"] } },
  { table: submittedCommands, rights: { "command-api": KEEP } },
  {
    table: snapshots,
    rights: {
      ...some(["command-api", "processes"], KEEP),
      ...some(["projector", "query-api", "console", "ops"], READ),
    },
  },
  {
    table: apiKeys,
    rights: { ...some(["command-api", "query-api"], READ), ...some(["console", "ops"], CHANGE) },
  },
  { table: consoleSessions, rights: { console: KEEP } },
  { table: relayHeld, rights: { relay: KEEP, ...some(["projector", "query-api", "console", "ops"], READ) } },
  // Readers of events look first whether the store has those that the relay did not note.
  { table: relayMarks, rights: { relay: KEEP, ...some(["projector", "processes", "ops"], READ) } },
  { table: relayTopics, rights: { relay: CHANGE, ...some(["projector", "processes", "ops"], READ) } },
  // A consumer from which Kafka has hidden records asks for them once more.
  {
    table: relayRefills,
    rights: { relay: KEEP, ...some(["projector", "processes", "console"], APPEND), ops: CHANGE },
  },
  {
    table: checkpoints,
    rights: {
      ...some(["projector", "processes"], CHANGE),
      "query-api": READ,
      // An endpoint that hears of more fences those who pass events by.
      "command-api": ["select", "update"],
      ...some(REBUILDERS, KEEP),
    },
  },
  {
    table: deadLetters,
    rights: {
      ...some(["command-api", "projector", "processes", "console", "ops"], KEEP),
      "query-api": READ,
    },
  },
  { table: processTasks, rights: { processes: KEEP, ...some(["command-api", "console", "ops"], CHANGE) } },
  { table: processPauses, rights: { processes: READ, ...some(["console", "ops"], KEEP) } },
  { table: processCallbacks, rights: { "command-api": APPEND, processes: READ } },
  { table: rebuilds, rights: some(REBUILDERS, KEEP) },
  { table: rebuildRanges, rights: some(REBUILDERS, KEEP) },
  { table: auditFindings, rights: some(AUDITORS, KEEP) },
  // Each keeps what it was told at its start; who writes an entry reads the one before.
  { table: trail, rights: all(APPEND) },
  {
    table: webhookEndpoints,
    rights: {
      ...some(["command-api", "console", "ops"], KEEP),
      processes: ["select", "update"],
      ...some(["projector", "query-api"], READ),
    },
  },
  {
    table: webhookDeliveries,
    rights: {
      ...some(["command-api", "processes", "console", "ops"], KEEP),
      projector: APPEND,
      "query-api": READ,
    },
  },
  {
    table: webhookReplays,
    rights: { ...some(["command-api", "processes", "console", "ops"], KEEP), "query-api": READ },
  },
];

/** One row a table, whatever the shop is made of. @throws for a table that stands in it twice */
export function rightsMatrix({ readModels, tables }: RightsOf): MatrixRow[] {
  const rows = [
    ...[...ENGINE, ...tables].map(({ table, rights }) => ({
      table: getTableName(table),
      rights: { ...all([]), ...rights },
      isReadModel: false,
    })),
    ...readModels.flatMap(tablesOf).map((table) => ({
      table,
      rights: { ...all([]), "query-api": READ, projector: CHANGE, ...some(REBUILDERS, KEEP) },
      isReadModel: true,
    })),
  ];
  const twice = rows.find(({ table }, index) => rows.findIndex((row) => row.table === table) !== index);
  if (twice) throw new Error(`The rights to the table ${twice.table} are said twice`);
  return rows;
}

type Rights = TableRights["rights"];

function some(apps: readonly App[], rights: readonly Right[]): Rights {
  return Object.fromEntries(apps.map((app) => [app, rights]));
}

function all(rights: readonly Right[]) {
  return some(APPS, rights) as Required<Rights>;
}
