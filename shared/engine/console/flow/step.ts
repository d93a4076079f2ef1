// A step of the flow, and what steps are made from.
import type { TaskCounts } from "@millrace/processes/metrics";
import type { Lag } from "@millrace/projector/lag";
import type { Owned } from "@millrace/projector/owners";
import type { Tone } from "@millrace/read-models/shown";
import type { LaneStatus } from "@millrace/store/outbox-lanes";
import type { Part } from "../sources.ts";
import type { ProcessHealth } from "../workers.ts";

export interface Step {
  readonly key: string;
  readonly title: string;
  /** The page that says more. */
  readonly href: string;
  /** The topics that it reads. */
  readonly topics?: readonly string[];
  readonly figure: string;
  /** In a word or two: a box has room for no more. */
  readonly state: string;
  readonly tone: Tone;
  /** Where it stands still, or may soon: what that means, and what to do. */
  readonly why?: string;
}

export interface FlowShop {
  readonly topics: readonly string[];
  readonly models: readonly { readonly name: string; readonly topics: readonly string[] }[];
  readonly processes: readonly {
    readonly name: string;
    readonly projection: string;
    readonly topics: readonly string[];
  }[];
}

export interface FlowSeen {
  readonly health: readonly ProcessHealth[];
  /** Position of the store's last event. */
  readonly stored: Part<number>;
  readonly lanes: Part<readonly LaneStatus[]>;
  /** Events that Kafka refuses. */
  readonly held: Part<readonly { readonly topic: string; readonly events: number }[]>;
  readonly owned: Part<readonly Owned[]>;
  /** Topics by their names in the code, without the installation's prefix. */
  readonly lag: Part<readonly Lag[]>;
  readonly tasks: Part<readonly TaskCounts[]>;
  /** Events a second that were stored before the last sample. */
  readonly storedRate: number | undefined;
  readonly outboxGrows: boolean;
  grows(place: Pick<Owned, "projection" | "topic" | "partition">): boolean;
}

type State = Pick<Step, "state" | "tone" | "why">;

/** What a step is, then what it has in hand. */
export function stepOf(of: Omit<Step, keyof State | "figure">): (figure: string, state: State) => Step {
  return (figure, state) => ({ ...of, figure, ...state });
}

export const level: State = { state: "level", tone: "good" };
export const good = (state: string): State => ({ state, tone: "good" });
export const busy = (state: string): State => ({ state, tone: "busy" });
export const warn = (state: string, why: string): State => ({ state, tone: "warn", why });
export const bad = (state: string, why: string): State => ({ state, tone: "bad", why });
export const unknown = (why: string): State => ({ state: "not known", tone: "warn", why });
