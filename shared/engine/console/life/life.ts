// A stream's life in the order in which it came about: requests, the events that they led to in this stream and beside it,
// the row, and what is left to do. Pure: what is stored goes in, entries come out. Versions and causes order them; times
// only label.
import { eventId } from "@millrace/events/envelope";
import { duration } from "@millrace/platform/quantities";

/** An event, of this stream or of another. */
export interface Lived {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: string;
  readonly request: string;
  /** A request's id, a record's place, or an event's id. */
  readonly cause: string;
  /** More about it, such as its command and its record. */
  readonly said: readonly string[];
  readonly href: string;
}

/** What is so now, after all events. */
export interface Outcome {
  readonly kind: "row" | "task";
  readonly title: string;
  readonly said: readonly string[];
  readonly href: string;
}

export interface Entry {
  readonly key: string;
  readonly kind: "request" | "event" | Outcome["kind"];
  /** The column that it stands in. */
  readonly lane: number;
  readonly title: string;
  readonly said: string;
  readonly href: string;
  readonly at?: string;
  /** Time since the entry above; empty where clocks say that it was before it. */
  readonly since: string;
  /** Key of the entry that led to it, where that is shown. */
  readonly from?: string;
}

export interface Life {
  readonly entries: readonly Entry[];
  /** Names of the columns, from left to right. */
  readonly lanes: readonly string[];
  /** Number of older entries, which are not drawn. */
  readonly left: number;
}

/** Most entries that are drawn, the newest: more are easier to read in the list below. */
const ENTRIES_MAX = 40;

export interface LifeOf {
  readonly stream: string;
  readonly events: readonly Lived[];
  /** The row first, then tasks. */
  readonly outcomes: readonly Outcome[];
  readonly requestHref: (request: string) => string;
}

export function lifeOf({ stream, events, outcomes, requestHref }: LifeOf): Life {
  const ordered = inOrder(events);
  const streams = [...new Set([stream, ...ordered.map((event) => event.stream)])];
  const lanes = ["requests", ...streams, ...(outcomes.length > 0 ? ["now"] : [])];
  const entries: Omit<Entry, "since">[] = [];
  const asked = new Set<string>();
  for (const event of ordered) {
    const { request, actor, cause } = event;
    if (!asked.has(request)) {
      asked.add(request);
      const said = `${request} · by ${actor}`;
      entries.push({
        ...{ key: requestKey(request), kind: "request", lane: 0, title: "Request", said },
        ...{ at: event.at, href: requestHref(request) },
      });
    }
    entries.push({
      ...{ key: keyOf(event), kind: "event", lane: 1 + streams.indexOf(event.stream) },
      ...{
        title: `${event.type} ${event.version}`,
        said: event.said.join(" · "),
        href: event.href,
        at: event.at,
      },
      from: ordered.some((each) => keyOf(each) === cause) ? cause : requestKey(request),
    });
  }
  const last = ordered.findLast((event) => event.stream === stream);
  for (const [index, { kind, title, said, href }] of outcomes.entries()) {
    const from = kind === "row" && last ? { from: keyOf(last) } : {};
    entries.push({
      key: `now ${index}`,
      kind,
      lane: lanes.length - 1,
      title,
      said: said.join(" · "),
      href,
      ...from,
    });
  }
  const shown = entries.slice(-ENTRIES_MAX);
  const keys = new Set(shown.map(({ key }) => key));
  return {
    lanes,
    left: entries.length - shown.length,
    entries: shown.map(({ from, ...entry }, index) => ({
      ...entry,
      since: sinceOf(shown[index - 1]?.at, entry.at),
      ...(from !== undefined && keys.has(from) ? { from } : {}),
    })),
  };
}

/** By time, but never before what it follows in its stream or what led to it: clocks differ. */
function inOrder(events: readonly Lived[]): Lived[] {
  const left = [...events].sort((one, other) => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1));
  const ordered: Lived[] = [];
  while (left.length > 0) {
    const waits = (event: Lived) =>
      left.some(
        (other) =>
          (other.stream === event.stream && other.version < event.version) || keyOf(other) === event.cause,
      );
    const next = Math.max(
      0,
      left.findIndex((event) => !waits(event)),
    );
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}

function keyOf({ stream, version }: Lived): string {
  return eventId(stream, version);
}

function requestKey(request: string): string {
  return `request ${request}`;
}

function sinceOf(before: string | undefined, at: string | undefined): string {
  if (before === undefined || at === undefined) return "";
  const elapsed = Date.parse(at) - Date.parse(before);
  return elapsed >= 0 ? `+${duration(elapsed)}` : "";
}
