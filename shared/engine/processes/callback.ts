// Callbacks in: stored for ever by the provider's id, and a reason to look. Must never do more: what a callback says is asked
// about at the provider, so that one that is late, doubled or about another key can do no harm.
import type { Sql } from "@millrace/platform/postgres";
import { TASKS_CHANNEL } from "./task-handler.ts";

export interface StoredCallback {
  /** The process's name. */
  readonly process: string;
  /** The provider's id of the callback. */
  readonly id: string;
  /** Undefined where the callback is about none of our keys: it is kept and wakes nothing. */
  readonly key: string | undefined;
  readonly body: Uint8Array;
}

/** Ids of providers are a few dozen characters, keys are ids of streams. In code units. */
const ID_LENGTH_MAX = 255;

/** Whether an id is text that Postgres keeps, and no longer than an id may be. */
export function isPlainId(text: string): boolean {
  return text.length > 0 && text.length <= ID_LENGTH_MAX && text.isWellFormed() && !text.includes("\0");
}

/**
 * Answers false for a callback that was stored before. It wakes nothing again: the task that the first one made was stored
 * with it, so that wake can't have been lost. A task that is paused or stuck stays so.
 */
export async function storeCallback(sql: Sql, { process, id, key, body }: StoredCallback): Promise<boolean> {
  const [row] = await sql<{ is_new: boolean }[]>`
    with stored as (
      insert into process_callbacks (process, provider_id, key, body)
      values (${process}, ${id}, ${key ?? null}, ${Buffer.from(body)})
      on conflict (process, provider_id) do nothing returning key
    ), noted as (
      insert into process_tasks (process, key)
      select ${process}, key from stored where key is not null
      on conflict (process, key) do update
        set due_at = now(), revision = process_tasks.revision + 1, attempts = 0, waiting_for = null, failure = null
      returning 1
    )
    select exists(select from stored) as is_new, (select pg_notify(${TASKS_CHANNEL}, '')::text from noted) as notified`;
  return row?.is_new ?? false;
}
