// Whether Postgres takes what a process reads and writes, for /readyz: asked cheaply, and shared for a moment.
import { hasCode, type Sql } from "./postgres.ts";
import { postgresTrouble } from "./postgres-trouble.ts";

export interface PostgresState {
  /** Why nothing can be asked of it. */
  readonly away?: string;
  /** Why nothing can be written, where it can be read. */
  readonly readOnly?: string;
}

/** A readiness that hangs says nothing. */
const ANSWER_WITHIN_MS = 2_000;
/** How long an answer holds, ms: probes of one balancer ask less often, and a page of many processes at once. */
const SHARED_MS = 250;

/**
 * Fails as a write would, and as one it closes a connection that sits on a server which was demoted or made read-only:
 * such a session stays read-only when the server no longer is.
 */
const WRITE = `do $$ begin
  if current_setting('transaction_read_only') = 'on' then
    raise read_only_sql_transaction using message = 'the server is read-only';
  end if;
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception using message = 'the database keeps text as ' || current_setting('server_encoding') || ', not as UTF8';
  end if;
end $$`;

export function watchPostgres(sql: Sql): () => Promise<PostgresState> {
  let asked: { readonly state: Promise<PostgresState>; readonly atMs: number } | undefined;
  return () => {
    if (!asked || performance.now() - asked.atMs > SHARED_MS)
      asked = { state: ask(sql), atMs: performance.now() };
    return asked.state;
  };
}

/** For a process that writes. */
export function missingForWrites({ away, readOnly }: PostgresState): string | undefined {
  return away ?? readOnly;
}

async function ask(sql: Sql): Promise<PostgresState> {
  const answer = sql.unsafe(WRITE).then(
    () => ({}),
    (error: unknown) => {
      const why = postgresTrouble(error);
      return hasCode(error, (code) => code === "25006") ? { readOnly: why } : { away: why };
    },
  );
  const late = Bun.sleep(ANSWER_WITHIN_MS).then(() => ({
    away: `postgres: no answer within ${ANSWER_WITHIN_MS} ms, so it is overloaded or away; DATABASE_URL says where it is looked for, and this goes on once it answers`,
  }));
  return Promise.race([answer, late]);
}
