import { absences } from "./away.ts";
import { callbackFaults } from "./callbacks.ts";
import { databases } from "./database.ts";
import { drains } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { freezes } from "./freeze.ts";
import { holds } from "./hold.ts";
import { kills } from "./kill.ts";
import { networks } from "./network.ts";
import { overloads } from "./overload.ts";
import { rebalances } from "./rebalance.ts";
import { restores } from "./restore.ts";
import { rollouts } from "./rollout.ts";
import { strangers } from "./strangers.ts";
import { topics } from "./topics.ts";

/** Everything that a schedule draws from. */
export const FAULTS: readonly Fault[] = [
  ...kills,
  ...absences,
  ...freezes,
  ...networks,
  ...rebalances,
  ...drains,
  ...topics,
  ...holds,
  ...overloads,
  ...restores,
  ...strangers,
  ...databases,
  ...rollouts,
  ...callbackFaults,
];
