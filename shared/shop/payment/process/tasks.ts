// The table of payment tasks as a dispatcher works on it. Every task is leased while it is worked on: a
// dispatcher that dies delays its tasks by the rest of the lease, and loses none.
import type { Sql } from "@millrace/platform/postgres";

export interface ClaimedTask {
  readonly orderId: string;
  /** As claimed: events that arrived since have raised it. */
  readonly revision: number;
  /** This claim included. */
  readonly attempts: number;
  /** The claim's own mark: a later claim has another. Postgres' text, down to the microsecond. */
  readonly leasedUntil: string;
}

/** Leases up to `most` due tasks, the longest overdue first. Several dispatchers never get the same one. */
export async function claimTasks(
  sql: Sql,
  bounds: { most: number; leaseMs: number },
): Promise<ClaimedTask[]> {
  const rows = await sql<{ order_id: string; revision: number; attempts: number; leased_until: string }[]>`
    update payment_tasks
    set leased_until = clock_timestamp() + make_interval(secs => ${bounds.leaseMs / 1_000}), attempts = attempts + 1
    where order_id = any(array(
      select order_id from payment_tasks
      where due_at <= now() and (leased_until is null or leased_until <= now())
      order by due_at limit ${bounds.most} for update skip locked))
    returning order_id, revision, attempts, leased_until`;
  return rows.map((row) => ({
    orderId: row.order_id,
    revision: row.revision,
    attempts: row.attempts,
    leasedUntil: row.leased_until,
  }));
}

/** Milliseconds until the next task that nobody has is due; undefined where there is none. */
export async function nextTaskInMs(sql: Sql): Promise<number | undefined> {
  const [row] = await sql<{ in_ms: number }[]>`
    select greatest(extract(epoch from due_at - now()) * 1000, 0)::float8 as in_ms
    from payment_tasks where leased_until is null order by due_at limit 1`;
  return row?.in_ms;
}

/** How many are due, leased or not, and for how many milliseconds the first of them has been. */
export async function dueTasks(sql: Sql): Promise<{ tasks: number; oldestMs: number }> {
  const [row] = await sql<{ tasks: number; oldest_ms: number }[]>`
    select count(*)::int as tasks,
      coalesce(extract(epoch from now() - min(due_at)) * 1000, 0)::float8 as oldest_ms
    from payment_tasks where due_at <= now()`;
  return { tasks: row?.tasks ?? 0, oldestMs: row?.oldest_ms ?? 0 };
}

/**
 * Forgets a task with nothing left to do. Answers false where an event has arrived since it was claimed: then
 * it is free again and due. Safe for one who has lost the lease: nothing left to do at a revision stays so.
 */
export async function finishTask(sql: Sql, task: ClaimedTask): Promise<boolean> {
  const { count } = await sql`
    with removed as (
      delete from payment_tasks where order_id = ${task.orderId} and revision = ${task.revision} returning 1
    )
    update payment_tasks set leased_until = null
    where order_id = ${task.orderId} and leased_until = ${task.leasedUntil}
      and not exists (select from removed)`;
  return count === 0;
}

/**
 * Frees a task until `pauseMs` from now, or at once where an event has arrived since it was claimed. One that another has
 * finished meanwhile is there again: who lost the lease has seen something that is not settled, and says so once too often
 * rather than never. What the other knew of it no longer counts, hence the next revision.
 */
export async function postponeTask(sql: Sql, task: ClaimedTask, pauseMs: number): Promise<void> {
  const dueAt = sql`now() + make_interval(secs => ${pauseMs / 1_000})`;
  await sql`
    insert into payment_tasks as kept (order_id, due_at, revision, attempts)
    values (${task.orderId}, ${dueAt}, ${task.revision + 1}, ${task.attempts})
    on conflict (order_id) do update set leased_until = null,
      due_at = case kept.revision when ${task.revision} then ${dueAt} else kept.due_at end
    where kept.leased_until = ${task.leasedUntil}`;
}
