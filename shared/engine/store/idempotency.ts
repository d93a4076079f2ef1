// Stored answers to idempotency keys. They are written by append_batch only.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { StoredAnswer } from "./append.ts";
import { readStoredAnswer } from "./stored-answer.ts";

/** The answer under a key, with the fingerprint of the request that it answered. */
export async function findAnswer(
  sql: Sql,
  key: string,
): Promise<{ fingerprint: string; answer: StoredAnswer } | undefined> {
  try {
    const [row] = await sql<{ fingerprint: string; answer: string }[]>`
      select fingerprint, answer::text from stored_answers where key = ${key}`;
    return row && { fingerprint: row.fingerprint, answer: readStoredAnswer(row.answer) };
  } catch (error) {
    throw postgresFailure("looking for a stored answer", error);
  }
}

/** Rows removed in one statement, so that no delete holds its locks for long. */
const FORGET_BATCH_MAX = 5_000;

/**
 * Forgets answers older than the retention. Answers how many went. Those to commands that Kafka may deliver again are
 * kept for so many seconds at least, or all of them where that is undefined: without its answer a command is another one.
 */
export async function forgetAnswers(
  sql: Sql,
  olderThanDays: number,
  toCommandsSeconds: number | undefined,
): Promise<number> {
  const result = await sql`
    delete from stored_answers where key in (
      select key from stored_answers where stored_at < now() - make_interval(days => ${olderThanDays})
        and (key !~ '^(kafka|kafka-key|command-id)/'
          or stored_at < now() - make_interval(secs => ${toCommandsSeconds ?? null}::float8))
      limit ${FORGET_BATCH_MAX})`;
  return result.count;
}
