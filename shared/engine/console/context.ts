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
  readonly currency: string;
  readonly models: readonly ReadModel[];
  /** By category, the other categories whose streams have the same ids, since one belongs to the other. */
  readonly related: Readonly<Record<string, readonly string[]>>;
  readonly processes: readonly Process[];
  readonly rebuilds: Rebuilds;
  readonly history: History;
  readonly webhooks: {
    /** Undefined without MILLRACE_WEBHOOK_KEYS: then no endpoint can be added. */
    readonly sealer: Sealer | undefined;
    readonly internal: Internal;
  };
}
