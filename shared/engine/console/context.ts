import type { Process } from "@millrace/processes/define-process";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Rebuilds } from "./rebuilds.ts";
import type { Sources } from "./sources.ts";
import type { ProcessHealth } from "./workers.ts";

/** What the pages are made from. */
export interface PageContext extends Sources {
  readonly health: () => Promise<ProcessHealth[]>;
  /** The installation's. */
  readonly currency: string;
  /** All that there are. */
  readonly models: readonly ReadModel[];
  readonly processes: readonly Process[];
  readonly rebuilds: Rebuilds;
  /** Stands in every form. */
  readonly formToken: string;
}
