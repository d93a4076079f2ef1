// Tasks as operators see and steer them. A task never says what has happened: that stands in the streams.
import type { Sql, SqlTx } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { inTrail } from "@millrace/trail/record";
import { TASKS_CHANNEL } from "./task-handler.ts";

/**
 * due      a dispatcher takes the task up as soon as it has room
 * working  a dispatcher has leased the task
 * held     the task is due, and the whole process is paused
 * waiting  the process waits for a time, and says in its words for what
 * retrying the last answer was not clear, or the last try failed
 * paused   a person has paused the task, until a person resumes it
 * stuck    the task needs a person, until a person retries it
 */
export const TASK_STATES = ["due", "working", "held", "waiting", "retrying", "paused", "stuck"] as const;
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
        when due_at <= now() then
          case when exists (select from process_pauses where process_pauses.process = process_tasks.process)
            then 'held' else 'due' end
        when waiting_for is not null then 'waiting'
        else 'retrying' end as state,
      ${iso("due_at")} as "dueAt", ${iso("leased_until")} as "leasedUntil", waiting_for as "waitingFor",
      stuck_reason as "stuckReason", ${iso("stuck_at")} as "stuckAt"
    from process_tasks`;
}

/** Has a task looked at now, a stuck one too. Answers false where there is none. */
export async function retryTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  return inTrail(sql, actOn(task, by, "process.retry"), async (tx) => {
    const changed = await tx`
      update process_tasks
      set stuck_reason = null, stuck_at = null, due_at = now(), attempts = 0, revision = revision + 1
      where process = ${task.process} and key = ${task.key}`;
    if (changed.count > 0) await wakeDispatchers(tx);
    return changed;
  });
}

/** Leaves a task alone until it is resumed; a dispatcher that has it ends its steps. Answers false where there is none. */
export async function pauseTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  // With the next revision, a dispatcher that is about to finish the task does not remove it.
  return inTrail(
    sql,
    actOn(task, by, "process.pause"),
    (tx) => tx`
      update process_tasks set paused = true, revision = revision + 1
      where process = ${task.process} and key = ${task.key}`,
  );
}

/** Answers false where there is no such task, or it was not paused. */
export async function resumeTask(sql: Sql, task: TaskName, by: Doer): Promise<boolean> {
  return inTrail(sql, actOn(task, by, "process.resume"), async (tx) => {
    const changed = await tx`
      update process_tasks set paused = false
      where process = ${task.process} and key = ${task.key} and paused`;
    if (changed.count > 0) await wakeDispatchers(tx);
    return changed;
  });
}

function actOn(task: TaskName, by: Doer, name: "process.retry" | "process.pause" | "process.resume") {
  return { by, act: { name, target: `${task.process} ${task.key}` } };
}

export async function wakeDispatchers(tx: SqlTx): Promise<void> {
  await tx`select pg_notify(${TASKS_CHANNEL}, '')`;
}
