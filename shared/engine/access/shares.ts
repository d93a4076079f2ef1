// How much one principal may ask for. Must never let one of them take what the others need, or refuse any for what
// another did.
import type { Config } from "@millrace/platform/config";
import { Failure } from "@millrace/platform/failure";
import { type BodyShare, bodyShare, createVolume } from "./body-share.ts";
import { actorOf, type Principal } from "./principal.ts";
import { createPlaces, createRate, type Excess, type Places, type Rate } from "./rate.ts";
import { createStrangers, type Strangers } from "./strangers.ts";

/** What a request costs of its principal's points: a write is stored for good, and read by all who come after. */
const COST = { read: 1, write: 3 } as const;

/** Share of all requests under way, those that wait included, that one principal may have. */
const UNDER_WAY_SHARE = 0.05;

/** Share of all bytes of bodies under way that one person may have: eight of the largest, where there is the usual room. */
const BODIES_SHARE = 0.25;

/** Changes of one thing are counted by the minute: people come in bursts. */
const CHANGES_WINDOW_SECONDS = 60;

/** What is held for longer than a request is worked on: streams that are open, and reads that wait for a version. */
export type Holding = "streams" | "waits";

export interface Shares {
  /**
   * Takes of the principal's share for one request. Answers how to give back what is held while it is under way, or
   * why there is none left.
   */
  take(principal: Principal, kind: "read" | "write"): Promise<(() => void) | Excess>;
  /** The same of what is held for long, and at once. */
  hold(principal: Principal, what: Holding): (() => void) | Excess;
  /** What one body may take, as it is read; undefined where that is as much as all may. */
  body(principal: Principal): BodyShare | undefined;
  /** Those whom nobody knows yet, by where they come from; undefined where they have no bound. */
  readonly strangers: Strangers | undefined;
  /** Counts a change of one thing, by its stream. Undefined where there is room. */
  change(principal: Principal, stream: string): Promise<Excess | undefined> | undefined;
}

/** Thrown where an answer is too far away to be returned. */
export class BeyondShare extends Failure {
  readonly excess: Excess;
  constructor(excess: Excess) {
    super("rate_limited", `Past the bound of ${excess.policy}, ${excess.most}`, true);
    this.excess = excess;
  }
}

type Bounds = Pick<
  Config,
  | "MILLRACE_RATE_CUSTOMER"
  | "MILLRACE_RATE_STAFF"
  | "MILLRACE_RATE_SERVICE"
  | "MILLRACE_RATE_CHANGES"
  | "MILLRACE_STREAMS_EACH"
  | "MILLRACE_WAITS_EACH"
  | "MILLRACE_BYTES_EACH"
  | "MILLRACE_BODIES_BYTES_MAX"
  | "MILLRACE_RATE_STRANGERS"
>;

/** Points a second, by role; 0 for no bound. */
function pointsOf(role: Principal["role"], config: Bounds): number {
  switch (role) {
    case "anybody":
      return 0;
    case "customer":
    case "guest":
      return config.MILLRACE_RATE_CUSTOMER;
    case "service":
      return config.MILLRACE_RATE_SERVICE;
    case "clerk":
    case "operator":
    case "auditor":
      return config.MILLRACE_RATE_STAFF;
  }
}

/** Nobody is known by it, or it asks for many. */
function isUnbounded({ role }: Principal): boolean {
  return role === "anybody" || role === "service";
}

/** `requestsMax` is the bound of all requests under way in this process; `now`, in ms, is what bytes are counted by. */
export function createShares(config: Bounds, requestsMax: number, now?: () => number): Shares {
  const rates = new Map<number, Rate>();
  const rateOf = (most: number) => {
    const rate = rates.get(most) ?? createRate({ policy: "principal", most, seconds: 1 });
    rates.set(most, rate);
    return rate;
  };
  const underWayMost = Math.max(1, Math.floor(requestsMax * UNDER_WAY_SHARE));
  const underWay = createPlaces({ policy: "under-way", most: underWayMost });
  const held: Readonly<Record<Holding, Places | undefined>> = {
    streams: placesOf("streams", config.MILLRACE_STREAMS_EACH),
    waits: placesOf("waits", config.MILLRACE_WAITS_EACH),
  };
  const bytes = config.MILLRACE_BYTES_EACH;
  const volume = bytes === 0 ? undefined : createVolume(bytes, now);
  const bodies = createPlaces({
    policy: "bytes-under-way",
    most: Math.floor(config.MILLRACE_BODIES_BYTES_MAX * BODIES_SHARE),
  });
  const most = config.MILLRACE_RATE_CHANGES;
  const changes =
    most === 0 ? undefined : createRate({ policy: "changes", most, seconds: CHANGES_WINDOW_SECONDS });

  return {
    strangers: createStrangers(config),
    async take(principal, kind) {
      const points = pointsOf(principal.role, config);
      if (points === 0) return NOTHING_HELD;
      const actor = actorOf(principal);
      // Before the points are awaited, or requests that come together would all find room.
      const place = underWay.hold(actor);
      if (typeof place !== "function") return place;
      const excess = await rateOf(points).take(actor, COST[kind]);
      if (excess === undefined) return place;
      place();
      return excess;
    },
    hold: (principal, what) =>
      isUnbounded(principal) ? NOTHING_HELD : (held[what]?.hold(actorOf(principal)) ?? NOTHING_HELD),
    body: (principal) =>
      isUnbounded(principal) || !volume ? undefined : bodyShare(actorOf(principal), volume, bodies),
    change(principal, stream) {
      // Those that work for the shop change what many have asked for.
      if (principal.role !== "customer") return undefined;
      return changes?.take(`${actorOf(principal)} ${stream}`);
    },
  };
}

function placesOf(policy: string, most: number): Places | undefined {
  return most === 0 ? undefined : createPlaces({ policy, most });
}

function NOTHING_HELD(): void {}
