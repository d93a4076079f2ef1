// Which failures of a command are worth another try of its batch.
import { isRetryable } from "@millrace/platform/failure";
import { hasCode, isPostgresAway, isPostgresRace } from "@millrace/platform/postgres";

/** Tries of a command that fails for a reason that nobody has classified: some ten seconds in all. */
const TRIES_MAX = 7;

export interface Patience {
  /** Whether it is worth another try; counts this one. */
  isLeft(causationId: string, error: unknown): boolean;
  forget(): void;
}

/** Somebody looks at it already, and asks again. */
export const NO_PATIENCE: Patience = {
  isLeft: (_, error) => isClassified(error) && isRetryable(error),
  forget() {},
};

/** What is known to pass is waited for however long; a bug in one command must not hold up the others for ever. */
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

/** Whether another try may end otherwise, as far as anybody knows. */
export function mayPass(error: unknown): boolean {
  return !isClassified(error) || isRetryable(error);
}

/** `postgres_failed` says only that nobody knows better: a disk may be full in words that are new to us. */
function isClassified(error: unknown): boolean {
  if (isPostgresAway(error) || isPostgresRace(error)) return true;
  return (
    error instanceof Error && "retryable" in error && !hasCode(error, (code) => code === "postgres_failed")
  );
}
