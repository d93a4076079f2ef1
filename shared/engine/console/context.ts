import type { Rebuilds } from "./rebuilds.ts";
import type { Sources } from "./sources.ts";
import type { ProcessHealth } from "./workers.ts";

/** What the pages are made from. */
export interface PageContext extends Sources {
  readonly health: () => Promise<ProcessHealth[]>;
  readonly rebuilds: Rebuilds;
  /** Stands in every form. */
  readonly formToken: string;
}
