// What a command has to say, for people and for programs alike.

export const EXIT = { fine: 0, wrong: 1, usage: 2 } as const;

export interface Output {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly json: unknown;
  /** Something is wrong: the exit code is 1. */
  readonly wrong?: boolean;
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
