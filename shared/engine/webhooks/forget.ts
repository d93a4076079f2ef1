// Removes old deliveries from the log.
import type { Sql } from "@millrace/platform/postgres";

/** Rows that one statement removes: a fraction of a second of the database's time. */
const ROWS_MAX = 5_000;

/**
 * Forgets what was settled more than so many days ago, and what waits for as long for an endpoint that is disabled. Answers
 * whether there is more than one statement takes.
 */
export async function forgetDeliveries(sql: Sql, days: number): Promise<{ more: boolean }> {
  const { count } = await sql`
    delete from webhook_deliveries where id = any(array(
      select id from webhook_deliveries
      where state <> 'pending' and created_at < now() - make_interval(days => ${days})
      order by created_at limit ${ROWS_MAX}))`;
  const { count: stranded } = await sql`
    delete from webhook_deliveries where id = any(array(
      select webhook_deliveries.id from webhook_endpoints
      join webhook_deliveries on endpoint = webhook_endpoints.id and state = 'pending'
      where disabled_at < now() - make_interval(days => ${days})
        and webhook_deliveries.created_at < now() - make_interval(days => ${days})
      limit ${ROWS_MAX}))`;
  return { more: count === ROWS_MAX || stranded === ROWS_MAX };
}
