import type { Sql } from "@millrace/platform/postgres";
import type { Stack } from "./stack.ts";

/** One figure of one run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What is promised, where something is. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

export interface Bench {
  readonly stack: Stack;
  readonly sql: Sql;
  /** Of each load, seconds. */
  readonly seconds: number;
  say(line: string): void;
}

/** Asked in turn with the others, run after run, of one stack that all of them share. */
export interface Question {
  readonly name: string;
  /** What it asks, for the help. */
  readonly title: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** What was asked for on the command line. */
export interface Setting {
  readonly runs: number;
  readonly seconds: number;
  /** In the store that is filled; each question has a number of its own where none is named. */
  readonly events?: number | undefined;
  readonly minutes: number;
  readonly perSecond: number;
  say(line: string): void;
}

/** Changes what others would find, so it brings stacks of its own. Answers the figures of each of its runs. */
export interface LongQuestion {
  readonly name: string;
  readonly title: string;
  /** Only where it is named: it takes hours. */
  readonly onlyNamed?: boolean;
  /** Where it misses what is promised, the benchmark fails. */
  readonly failing?: boolean;
  runAll(setting: Setting): Promise<Figure[][]>;
}
