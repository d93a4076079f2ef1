import type { Process } from "@millrace/processes/define-process";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Internal } from "@millrace/webhooks/destination";
import type { Sealer } from "@millrace/webhooks/seal";
import type { History } from "./history/history.ts";
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
  /** Categories of streams that have the ids of a category's own, since one belongs to the other. */
  readonly related: Readonly<Record<string, readonly string[]>>;
  readonly processes: readonly Process[];
  readonly rebuilds: Rebuilds;
  readonly history: History;
  readonly webhooks: {
    /** Undefined where there is no key: then no endpoint can be added. */
    readonly sealer: Sealer | undefined;
    readonly internal: Internal;
  };
}
