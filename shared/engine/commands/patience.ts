// Which failures of a command from Kafka are worth another try.
import { isRetryable } from "@millrace/platform/failure";
import { hasCode, isPostgresAway, isPostgresRace } from "@millrace/platform/postgres";

/** Most tries of a command that fails for an unclassified reason: with their rests some ten seconds. */
const TRIES_MAX = 7;

export interface Patience {
  /** Counts a failed try, and answers whether the command gets another one. */
  isLeft(causationId: string, error: unknown): boolean;
  forget(): void;
}

/** For a command that a person retries: only a failure that is known to pass is worth another try. */
export const NO_PATIENCE: Patience = {
  isLeft: (_, error) => isClassified(error) && isRetryable(error),
  forget() {},
};

/** Failures that are known to pass are retried for ever; unclassified ones are not: a bug in one command must not stop the others. */
export function createPatience(): Patience {
  const tries = new Map<string, number>();
  return {
    isLeft(causationId, error) {
      if (isClassified(error)) return isRetryable(error);
      const tried = (tries.get(causationId) ?? 0) + 1;
      if (tried < TRIES_MAX) tries.set(causationId, tried);
      else tries.delete(causationId);
      return tried < TRIES_MAX;
    },
    forget: () => tries.clear(),
  };
}

/** Whether another try may end otherwise: of an unclassified failure it may. */
export function mayPass(error: unknown): boolean {
  return !isClassified(error) || isRetryable(error);
}

/** `postgres_failed` is unclassified: a disk may be full in words that are new to us. */
function isClassified(error: unknown): boolean {
  if (isPostgresAway(error) || isPostgresRace(error)) return true;
  return (
    error instanceof Error && "retryable" in error && !hasCode(error, (code) => code === "postgres_failed")
  );
}
