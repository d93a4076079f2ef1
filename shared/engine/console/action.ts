// What a form on a page of ours does.
import type { Doer } from "@millrace/trail/doer";
import type { Shown } from "./page.ts";
import type { Said } from "./said.ts";

export interface Asked {
  readonly parameters: Record<string, string>;
  readonly form: URLSearchParams;
  /** Who asks, for the trail. */
  readonly by: Doer;
}

/** Runs once the form has proven to be one of ours. Answers where to go on, or what is shown this once. */
type Act = (asked: Asked) => Promise<string | Shown> | string;

export interface Action {
  readonly path: string;
  readonly summary: string;
  readonly act: Act;
}

export function saying(path: string, said: Said): string {
  return `${path}?said=${said}`;
}
