// Commands taken with 202: kept before they are run, so that no restart loses one.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { StoredAnswer } from "./append.ts";
import { readStoredAnswer } from "./stored-answer.ts";

export interface SubmittedCommand {
  readonly id: string;
  /** The request as its runner needs it; JSON. */
  readonly request: unknown;
}

/** One that is stored. */
export interface KeptCommand extends SubmittedCommand {
  /** Length of its request as it is stored. */
  readonly size: number;
}

/** A submitted command's outcome is the stored answer under this key. */
export function commandKey(id: string): string {
  return `command/${id}`;
}

/**
 * Stores a command to be run. With a key, at most once: answers the stored 202 where the key is taken, by another
 * request or by the first of an array's commands.
 * @throws Failure `postgres_unavailable`
 */
export async function submitCommand(
  sql: Sql,
  command: SubmittedCommand,
  keyed?: { key: string; fingerprint: string; answer: StoredAnswer },
): Promise<KeptCommand | "key_taken"> {
  const request = JSON.stringify(command.request);
  const kept = { ...command, size: request.length };
  try {
    if (!keyed) {
      await sql`insert into submitted_commands (id, request) values (${command.id}, ${request}::text::json)`;
      return kept;
    }
    const answer = JSON.stringify(keyed.answer);
    const { count } = await sql`
      with taken as (
        insert into stored_answers (key, fingerprint, answer)
        select ${keyed.key}, ${keyed.fingerprint}, ${answer}::text::json
        where coalesce((select fingerprint from stored_answers where key = ${`0/${keyed.key}`}), ${keyed.fingerprint})
          = ${keyed.fingerprint}
        on conflict do nothing returning key)
      insert into submitted_commands (id, request)
      select ${command.id}::uuid, ${request}::text::json from taken`;
    return count === 1 ? kept : "key_taken";
  } catch (error) {
    throw postgresFailure("submitting a command", error);
  }
}

interface Submitted {
  readonly submittedAt: string;
  /** Who submitted it, as its events name them; undefined where nobody was asked. */
  readonly by: string | undefined;
}

export type CommandStatus =
  | (Submitted & { readonly status: "pending" })
  | (Submitted & { readonly status: "finished"; readonly answer: StoredAnswer });

/** Undefined where no such command was submitted, or its outcome has been forgotten. */
export async function findCommand(sql: Sql, id: string): Promise<CommandStatus | undefined> {
  try {
    const [row] = await sql<
      { submitted_at: string; finished: boolean; by: string | null; answer: string | null }[]
    >`
      select to_char(submitted_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as submitted_at,
        finished_at is not null as finished,
        case when request #>> '{writes,0,metadata,authn}' is not null
          then request #>> '{writes,0,metadata,actor}' end as by,
        (select answer::text from stored_answers where key = ${commandKey(id)}) as answer
      from submitted_commands where id = ${id}`;
    if (!row) return undefined;
    const submitted = { submittedAt: row.submitted_at, by: row.by ?? undefined };
    if (row.answer === null) return row.finished ? undefined : { status: "pending", ...submitted };
    return { status: "finished", ...submitted, answer: readStoredAnswer(row.answer) };
  } catch (error) {
    throw postgresFailure("looking for a command", error);
  }
}

/**
 * Ids of submitted commands older than `olderThanMs` with no outcome, the oldest first: the process that took them has
 * died, or had no room for them.
 */
export async function unfinishedCommands(
  sql: Sql,
  { olderThanMs, except, most }: { olderThanMs: number; except: readonly string[]; most: number },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from submitted_commands
    where finished_at is null and submitted_at < now() - make_interval(secs => ${olderThanMs / 1000})
      and id <> all(${except as string[]}::uuid[])
    order by submitted_at limit ${most}`;
  return rows.map(({ id }) => id);
}

/** Undefined where it has finished meanwhile. */
export async function unfinishedCommand(sql: Sql, id: string): Promise<KeptCommand | undefined> {
  const [row] = await sql<{ request: string }[]>`
    select request::text from submitted_commands where id = ${id} and finished_at is null`;
  return row && { id, request: JSON.parse(row.request), size: row.request.length };
}

export async function markCommandFinished(sql: Sql, id: string): Promise<void> {
  await sql`update submitted_commands set finished_at = now() where id = ${id} and finished_at is null`;
}

/** Rows removed in one statement, so that no delete holds its locks for long. */
const FORGET_BATCH_MAX = 5_000;

/** Forgets commands that were finished longer ago than the retention. Answers how many went. */
export async function forgetCommands(sql: Sql, olderThanDays: number): Promise<number> {
  const result = await sql`
    delete from submitted_commands where id in (
      select id from submitted_commands where finished_at < now() - make_interval(days => ${olderThanDays})
      limit ${FORGET_BATCH_MAX})`;
  return result.count;
}
