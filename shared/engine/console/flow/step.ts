// A step of the flow, and what it is made from.
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
  readonly figure: string;
  /** In a word or two, as there is room for in a box. */
  readonly state: string;
  readonly tone: Tone;
  /** Where it stands still, or may soon: what it means, and what to do. */
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
  /** Topics by the names that they have inside. */
  readonly lag: Part<readonly Lag[]>;
  readonly tasks: Part<readonly TaskCounts[]>;
  /** Events stored a second, as of the last sample. */
  readonly storedRate: number | undefined;
  readonly outboxGrows: boolean;
  grows(place: Pick<Owned, "projection" | "topic" | "partition">): boolean;
}

export type State = Pick<Step, "state" | "tone" | "why">;
export const level: State = { state: "level", tone: "good" };

export function bad(state: string, why: string): State {
  return { state, tone: "bad", why };
}

export function warn(state: string, why: string): State {
  return { state, tone: "warn", why };
}

export function unknown(why: string): State {
  return { state: "not known", tone: "warn", why };
}
