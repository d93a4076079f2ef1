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

/** Answers the exit code. */
export function print({ text, json, wrong = false }: Output, asJson: boolean): number {
  const printed = asJson ? JSON.stringify(json) : text;
  if (printed) process.stdout.write(`${printed}\n`);
  return wrong ? EXIT.wrong : EXIT.fine;
}

/** One line of many, as it comes. */
export function printLine(text: string, json: unknown, asJson: boolean): void {
  process.stdout.write(`${asJson ? JSON.stringify(json) : text}\n`);
}
