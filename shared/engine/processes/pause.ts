// A whole process, paused by a person and resumed. Must never touch its tasks: events, due times and callbacks go on to make
// them due meanwhile, and nothing is lost.
import type { Sql } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { inTrail } from "@millrace/trail/record";
import { wakeDispatchers } from "./operate.ts";

/** Longest reason, in characters: a sentence for the person who finds the process paused. */
export const REASON_LENGTH_MAX = 300;

export interface Pause {
  readonly process: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason: string | null;
}

export async function listPauses(sql: Sql): Promise<Pause[]> {
  return sql<Pause[]>`
    select process, to_char(paused_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since, reason
    from process_pauses order by process`;
}

/** Steps under way end, and no other task is taken up. Answers false where the process was paused before. */
export async function pauseProcess(
  sql: Sql,
  { process, reason }: { process: string; reason?: string | undefined },
  by: Doer,
): Promise<boolean> {
  const act = { name: "process.pause", target: process } as const;
  return inTrail(
    sql,
    { by, act },
    (tx) => tx`
      insert into process_pauses (process, reason) values (${process}, ${reason?.slice(0, REASON_LENGTH_MAX) || null})
      on conflict (process) do nothing`,
  );
}

/** Answers false where the process was not paused. */
export async function resumeProcess(sql: Sql, process: string, by: Doer): Promise<boolean> {
  const act = { name: "process.resume", target: process } as const;
  return inTrail(sql, { by, act }, async (tx) => {
    const changed = await tx`delete from process_pauses where process = ${process}`;
    if (changed.count > 0) await wakeDispatchers(tx);
    return changed;
  });
}
