// Where the events' order of insertion has come to.
import type { Sql } from "@millrace/platform/postgres";

/**
 * No event that has been committed stands after it. Later ones may commit before it: they have an outbox entry,
 * which is published after what is refilled.
 */
export async function lastPosition(sql: Sql): Promise<number> {
  // Not pg_sequence_last_value: to who may not read the sequence it says null, as of one that nothing was drawn from.
  const [row] = await sql<{ last: string }[]>`
    select case when is_called then last_value else 0 end as last from events_position_seq`;
  return Number(row?.last ?? 0);
}
