// What a form on a page of the console does.
import type { Doer } from "@millrace/trail/doer";
import type { Shown } from "./page.ts";
import type { Said } from "./said.ts";

export interface Asked {
  readonly parameters: Record<string, string>;
  readonly form: URLSearchParams;
  /** Who asks, for the trail. */
  readonly by: Doer;
}

export interface Action {
  readonly path: string;
  readonly summary: string;
  /** The entry of the navigation that its answer belongs to, where it answers with a page. */
  readonly section?: string;
  /** Runs once the form has proven to be one of ours. Answers the address to go on to, or what is shown this once. */
  act(asked: Asked): Promise<string | Shown> | string;
}

/** The address of a page that says one of the sentences of said.ts. */
export function saying(path: string, said: Said): string {
  return `${path}?said=${said}`;
}
