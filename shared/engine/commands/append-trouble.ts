// Remembers for a moment why an append failed, for /readyz: Postgres may answer probes and still refuse writes, by a full disk,
// a lock or a statement that takes too long.
import { Failure } from "@millrace/platform/failure";
import { postgresTrouble } from "@millrace/platform/postgres-trouble";
import type { Appender } from "@millrace/store/appender";

export interface WatchedAppender extends Appender {
  /** Why an append failed within the last seconds; undefined where none did. */
  lately(): string | undefined;
}

/** Time, in ms, that one failure counts: longer than the second that balancers usually leave between probes. */
const LATELY_MS = 5_000;

export function withLately(appender: Appender, now: () => number = () => performance.now()): WatchedAppender {
  let last: { readonly why: string; readonly atMs: number } | undefined;
  const remember = (error: unknown): never => {
    if (error instanceof Failure && error.code === "postgres_unavailable")
      last = { why: postgresTrouble(error), atMs: now() };
    throw error;
  };
  return {
    ...appender,
    append: (append) => appender.append(append).catch(remember),
    lately: () => (last && now() - last.atMs < LATELY_MS ? last.why : undefined),
  };
}
