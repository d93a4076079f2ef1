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

/**
 * What no wait mends while a process starts: a sign-in or a database that is not (28, 3D000), a right that is missing
 * (42501, in Kafka 29 to 31), a certificate that is not trusted or names another machine, what is no TLS at all, and a
 * sign-in that Kafka does not know or take (33, 34, 58), and ACLs for brokers that have no authorizer (54).
 */
const LASTING =
  /^(?:28...|3D000|42501|CERT_.*|.*SELF_SIGNED_.*|UNABLE_TO_.*|ERR_TLS_CERT_.*|ERR_SSL_.*|ERR_OSSL_.*|EPROTO|SSL_NOT_OFFERED|29|30|31|33|34|54|58)$/;

/** What no wait mends of a database that answers. */
const LASTING_FAILURES: ReadonlySet<string> = new Set(["database_not_utf8", "database_too_old"]);

/** Whether waiting can't help a start that failed of this. What nobody classified may pass. */
export function isLasting(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current.name === "KafkaJSSASLAuthenticationError") return true;
    if (!("code" in current)) continue;
    if (LASTING.test(String(current.code)) || LASTING_FAILURES.has(String(current.code))) return true;
  }
  return false;
}

/**
 * The message with its causes, outermost first, for logs and parked records. What people sent never stands in it:
 * Drizzle's message is its statement with all parameters, and Postgres quotes what it can't read.
 */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isFailedQuery(error)) return error.cause === undefined ? "a statement failed" : describe(error.cause);
  const message = messageOf(error);
  if (error.cause === undefined) return message;
  const cause = describe(error.cause);
  // A failure that was given the text of its cause already.
  return message.endsWith(cause) ? message : `${message}: ${cause}`;
}

/** What logs hold of an error: `describe`, where it came from, and the code of the innermost that has one. */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { retryable } = error as { retryable?: unknown };
  return {
    type: error.name,
    message: describe(error),
    code: codeOf(error),
    ...(typeof retryable === "boolean" && { retryable }),
    stack: `${error.name}: ${describe(error)}${framesOf(error)}`,
  };
}

/** Drizzle's error, which has the statement and its parameters in its message and beside it. */
function isFailedQuery(error: Error): boolean {
  return "query" in error && "params" in error;
}

/** Class 22 of SQLSTATE is about values that are not what they should be, and quotes them. */
function messageOf(error: Error): string {
  const code = "code" in error ? String(error.code) : undefined;
  // Several addresses of one host that all refused: the error has no message of its own.
  if (error.message === "") return code ?? error.name;
  return code && /^22...$/.test(code) ? error.message.replace(/".*"/s, '"…"') : error.message;
}

function codeOf(error: Error): string | undefined {
  const inner = error.cause instanceof Error ? codeOf(error.cause) : undefined;
  return inner ?? ("code" in error ? String(error.code) : undefined);
}

/** The lines of the stack that follow its message. */
function framesOf({ message, stack = "" }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /(?:\n\s+at [^\n]*)*$/.exec(frames)?.[0] ?? "";
}
