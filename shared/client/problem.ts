// Why something was not done. Refusals are values, told apart by their `code`; nothing but a caller's own signal is thrown.

/** What the client itself has to say where no API does. */
export type ClientCode =
  /** Nobody answered, as often as it was tried. */
  | "unreachable"
  /** Somebody else answered: a gateway's page, not a problem document. */
  | "unreadable_answer"
  /** A command that was taken with 202 was not decided within the wait. It still will be. */
  | "still_pending";

/** RFC 9457, one for each code. */
export type Problem<Code extends string = string> = Code extends string
  ? {
      readonly code: Code;
      /** 0 where nobody answered. */
      readonly status: number;
      readonly title: string;
      readonly detail: string;
      readonly requestId?: string;
      /** Each place in the body or parameter of the query, and what is wrong there. */
      readonly errors?: readonly {
        readonly pointer?: string;
        readonly parameter?: string;
        readonly message: string;
      }[];
    }
  : never;

export type Outcome<Value, Code extends string = string> =
  | {
      readonly ok: true;
      readonly value: Value;
      /** Of what was read or written, where it has one. */
      readonly version?: number;
    }
  | { readonly ok: false; readonly problem: Problem<Code> };

/** For callers that can't go on without: what iterators throw, and `unwrap`. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** @throws ProblemError where there is none */
export function unwrap<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw new ProblemError(outcome.problem);
}

export function problemHere<Code extends ClientCode>(code: Code, status: number, detail: string) {
  return { code, status, title: code.replaceAll("_", " "), detail } as Problem<Code>;
}
