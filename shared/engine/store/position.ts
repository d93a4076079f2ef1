// Where the events' order of insertion has come to.
import type { Sql } from "@millrace/platform/postgres";

/**
 * No event that has been committed stands after it. Later ones may commit before it: they have an outbox entry,
 * which is published after what is refilled.
 */
export async function lastPosition(sql: Sql): Promise<number> {
  const [row] = await sql<{ last: string }[]>`
    select coalesce(pg_sequence_last_value('events_position_seq'), 0) as last`;
  return Number(row?.last ?? 0);
}
