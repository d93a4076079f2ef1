// The output of a command, for people and for programs.

export const EXIT = { fine: 0, wrong: 1, usage: 2 } as const;

export interface Output {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly json: unknown;
  /** The exit code is 1: something is wrong, or was not there. */
  readonly wrong?: boolean;
}

/** Output with exit code 1. */
export function wrong(json: unknown, text: string): Output {
  return { json, text, wrong: true };
}

/**
 * Answers the exit code. Written by console.log, which returns when the reader has all of it: what process.stdout
 * still holds for a slow reader is lost at process.exit.
 */
export function print({ text, json, wrong = false }: Output, asJson: boolean): number {
  const printed = asJson ? JSON.stringify(json) : text;
  if (printed) console.log(printed);
  return wrong ? EXIT.wrong : EXIT.fine;
}

/** One line of many, as it comes. */
export function printLine(text: string, json: unknown, asJson: boolean): void {
  console.log(asJson ? JSON.stringify(json) : text);
}
