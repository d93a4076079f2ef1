// The table of tasks as one process's dispatcher works on it. Every task is leased while it is worked on: a dispatcher
// that dies delays its tasks by the rest of the lease, and loses none.
import type { Sql } from "@millrace/platform/postgres";

export interface ClaimedTask {
  /** The process's name. */
  readonly process: string;
  readonly key: string;
  /** The revision that was claimed. Each later reason to look raises the row's. */
  readonly revision: number;
  /** Claims so far, this one included. */
  readonly attempts: number;
  /** When the lease ends, as Postgres' text, to the microsecond. It tells this claim from a later one. */
  readonly leasedUntil: string;
}

/**
 * Leases up to `most` due tasks, the longest overdue first; none while the process is paused. Several dispatchers never get
 * the same one.
 */
export async function claimTasks(
  sql: Sql,
  { process, most, leaseMs }: { process: string; most: number; leaseMs: number },
): Promise<ClaimedTask[]> {
  const rows = await sql<{ key: string; revision: number; attempts: number; leased_until: string }[]>`
    update process_tasks
    set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000}), attempts = attempts + 1
    where process = ${process} and key = any(array(
      select key from process_tasks
      where process = ${process} and not paused and stuck_reason is null
        and due_at <= now() and (leased_until is null or leased_until <= now()) and ${isOn(sql, process)}
      order by due_at limit ${most} for update skip locked))
    returning key, revision, attempts, leased_until`;
  return rows.map(({ leased_until: leasedUntil, ...row }) => ({ process, leasedUntil, ...row }));
}

/** Milliseconds until the next task that nobody has is due; undefined where there is none, or the process is paused. */
export async function nextTaskInMs(sql: Sql, process: string): Promise<number | undefined> {
  const [row] = await sql<{ in_ms: number }[]>`
    select greatest(extract(epoch from due_at - now()) * 1000, 0)::float8 as in_ms
    from process_tasks
    where process = ${process} and not paused and stuck_reason is null and leased_until is null
      and ${isOn(sql, process)}
    order by due_at limit 1`;
  return row?.in_ms;
}

/** Whether the process runs. The condition names no column of the task, so Postgres evaluates it once for each statement. */
function isOn(sql: Sql, process: string) {
  return sql`not exists (select from process_pauses where process_pauses.process = ${process})`;
}

/**
 * Forgets a task with nothing left to do. Answers false where a reason to look has come since it was claimed: then
 * it is free again and due. Safe for one who has lost the lease: nothing left to do at a revision stays so.
 */
export async function finishTask(sql: Sql, task: ClaimedTask): Promise<boolean> {
  const { process, key } = task;
  const { count } = await sql`
    with removed as (
      delete from process_tasks
      where process = ${process} and key = ${key} and revision = ${task.revision} returning 1
    )
    update process_tasks set leased_until = null
    where process = ${process} and key = ${key} and leased_until = ${task.leasedUntil}
      and not exists (select from removed)`;
  return count === 0;
}

export interface Postponed {
  readonly pauseMs: number;
  /** What it waits for, where that is a time. Such a wait is no failed try: its next pause is short again. */
  readonly waitingFor?: string | null;
  readonly failure?: string | null;
}

/**
 * Frees a task until `pauseMs` from now, or at once where a reason to look has come since it was claimed. One that another
 * has finished meanwhile is there again: who lost the lease has seen something that is not settled, and says so once too
 * often rather than never. What the other knew of it no longer counts, hence the next revision.
 */
export async function postponeTask(
  sql: Sql,
  task: ClaimedTask,
  { pauseMs, waitingFor = null, failure = null }: Postponed,
): Promise<void> {
  const dueAt = sql`now() + make_interval(secs => ${pauseMs / 1_000})`;
  const attempts = waitingFor === null ? task.attempts : 0;
  await sql`
    insert into process_tasks as kept (process, key, due_at, revision, attempts, waiting_for, failure)
    values (${task.process}, ${task.key}, ${dueAt}, ${task.revision + 1}, ${attempts}, ${waitingFor}, ${failure})
    on conflict (process, key) do update set leased_until = null, failure = excluded.failure,
      due_at = case kept.revision when ${task.revision} then ${dueAt} else kept.due_at end,
      attempts = case kept.revision when ${task.revision} then excluded.attempts else kept.attempts end,
      waiting_for = case kept.revision when ${task.revision} then excluded.waiting_for end
    where kept.leased_until = ${task.leasedUntil}`;
}

/**
 * Hands a task to a person. A dispatcher that has leased it meanwhile can't forget it any more: the answer that contradicts what is
 * stored has come, and no later look at the streams shows it again.
 */
export async function stickTask(sql: Sql, task: ClaimedTask, reason: string): Promise<void> {
  await sql`
    insert into process_tasks as kept (process, key, revision, attempts, stuck_reason, stuck_at)
    values (${task.process}, ${task.key}, ${task.revision + 1}, ${task.attempts}, ${reason}, now())
    on conflict (process, key) do update set revision = kept.revision + 1,
      stuck_reason = excluded.stuck_reason, stuck_at = excluded.stuck_at, waiting_for = null, failure = null,
      leased_until = case kept.leased_until when ${task.leasedUntil} then null else kept.leased_until end`;
}
