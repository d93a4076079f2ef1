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

export interface Question {
  readonly name: string;
  /** What it asks, for the report. */
  readonly title: string;
  /** Asked once however many runs there are: it takes long, or changes what the others find. */
  readonly once?: boolean;
  run(bench: Bench): Promise<Figure[]>;
}
