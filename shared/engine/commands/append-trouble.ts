// Postgres may answer and still refuse what is written: a full disk, a statement that takes too long, a lock. What an
// append failed of is remembered for a moment, so that /readyz does not say that all is well.

import { Failure } from "@millrace/platform/failure";
import { postgresTrouble } from "@millrace/platform/postgres-trouble";
import type { Appender } from "@millrace/store/appender";

export interface WatchedAppender extends Appender {
  /** What an append failed of lately; undefined where none did. */
  lately(): string | undefined;
}

/** How long one failure counts, ms: longer than balancers' usual second between probes, and soon over. */
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
