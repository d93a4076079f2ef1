// Tasks as operators see and steer them. Nothing here says what has happened: that stands in the streams.
import type { TransactionSql } from "postgres";
import type { Sql } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { type ActName, recordAct } from "@millrace/trail/record";
import { TASKS_CHANNEL } from "./task-handler.ts";

/**
 * due      a dispatcher takes it up as soon as it has room
 * working  a dispatcher has it
 * waiting  for a time, in the process's words
 * retrying after an answer that was not clear, or a failure
 * paused   by a person, until a person resumes it
 * stuck    until a person retries it
 */
export const TASK_STATES = ["due", "working", "waiting", "retrying", "paused", "stuck"] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface TaskName {
  readonly process: string;
  readonly key: string;
}

/** Times are ISO 8601, UTC. */
export interface ProcessTask extends TaskName {
  readonly state: TaskState;
  readonly dueAt: string;
  readonly leasedUntil: string | null;
  readonly revision: number;
  /** Claims since the last reason to look. */
  readonly attempts: number;
  readonly waitingFor: string | null;
  readonly failure: string | null;
  readonly stuckReason: string | null;
  readonly stuckAt: string | null;
}

export interface TaskFilter {
  readonly process?: string | undefined;
  readonly state?: TaskState | undefined;
  readonly limit: number;
}

/** Stuck ones first, then those that are due for longest. */
export async function listTasks(sql: Sql, { process, state, limit }: TaskFilter): Promise<ProcessTask[]> {
  return sql<ProcessTask[]>`
    select * from (${shown(sql)}) as tasks
    where ${process ?? null}::text is null or process = ${process ?? null}
    ${state === undefined ? sql`` : sql`and state = ${state}`}
    order by state = 'stuck' desc, "dueAt", process, key limit ${limit}`;
}

export async function findTask(sql: Sql, process: string, key: string): Promise<ProcessTask | undefined> {
  const [task] = await sql<ProcessTask[]>`
    select * from (${shown(sql)}) as tasks where process = ${process} and key = ${key}`;
  return task;
}

function shown(sql: Sql) {
  const iso = (column: string) =>
    sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return sql`
    select process, key, revision, attempts, failure,
      case when stuck_reason is not null then 'stuck'
        when paused then 'paused'
        when leased_until > now() then 'working'
        when due_at <= now() then 'due'
        when waiting_for is not null then 'waiting'
        else 'retrying' end as state,
      ${iso("due_at")} as "dueAt", ${iso("leased_until")} as "leasedUntil", waiting_for as "waitingFor",
      stuck_reason as "stuckReason", ${iso("stuck_at")} as "stuckAt"
    from process_tasks`;
}

/** Has a task looked at now, a stuck one too. Answers false where there is none. */
export async function retryTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  return change(sql, { task, by, name: "process.retry" }, async (tx) => {
    const { count } = await tx`
      update process_tasks
      set stuck_reason = null, stuck_at = null, due_at = now(), attempts = 0, revision = revision + 1
      where process = ${task.process} and key = ${task.key}`;
    if (count > 0) await wakeDispatchers(tx);
    return count > 0;
  });
}

/** Leaves a task alone until it is resumed; a dispatcher that has it ends its steps. Answers false where there is none. */
export async function pauseTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  return change(sql, { task, by, name: "process.pause" }, async (tx) => {
    // The next revision, so that it isn't forgotten by a dispatcher that is about to end.
    const { count } = await tx`
      update process_tasks set paused = true, revision = revision + 1
      where process = ${task.process} and key = ${task.key}`;
    return count > 0;
  });
}

/** Answers false where there is no such task, or it was not paused. */
export async function resumeTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  return change(sql, { task, by, name: "process.resume" }, async (tx) => {
    const { count } = await tx`
      update process_tasks set paused = false
      where process = ${task.process} and key = ${task.key} and paused`;
    if (count > 0) await wakeDispatchers(tx);
    return count > 0;
  });
}

/** A change and its entry in the trail, or neither. */
async function change(
  sql: Sql,
  { task, by, name }: { readonly task: TaskName; readonly by: Doer; readonly name: ActName },
  update: (tx: TransactionSql) => Promise<boolean>,
): Promise<boolean> {
  return sql.begin(async (tx) => {
    const isDone = await update(tx);
    if (isDone) await recordAct(tx, by, { name, target: `${task.process} ${task.key}` });
    return isDone;
  });
}

/** By a statement: the driver's `tx.notify` goes by another connection, and a dispatcher would look before the commit. */
async function wakeDispatchers(tx: TransactionSql): Promise<void> {
  await tx`select pg_notify(${TASKS_CHANNEL}, '')`;
}
