// Operating errors that callers can tell apart. Programmer errors stay plain Errors and crash.

/** A failure with a stable code; `retryable` says whether the same thing may go through later. */
export class Failure extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, retryable: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "Failure";
    this.code = code;
    this.retryable = retryable;
  }
}

/** Whether trying again later may help. What nobody classified is taken as worth a bounded retry. */
export function isRetryable(error: unknown): boolean {
  if (error && typeof error === "object" && "retryable" in error) return error.retryable === true;
  return true;
}

/** The message with its causes, outermost first, for logs and parked records. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
