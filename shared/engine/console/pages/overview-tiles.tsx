// The figures at the top of the overview: each leads to the page that it is about.
import type { KeptFinding } from "@millrace/audit/findings";
import { count, duration } from "@millrace/platform/quantities";
import type { ParkedKey } from "@millrace/projector/dead-letter";
import type { Lag } from "@millrace/projector/lag";
import type { Tone } from "@millrace/read-models/shown";
import type { ProjectionStatus } from "@millrace/rebuild/manage";
import type { LaneStatus } from "@millrace/store/outbox-lanes";
import { Chip } from "../parts/words.tsx";
import type { Part } from "../sources.ts";

interface Tile {
  readonly title: string;
  readonly href: string;
  readonly value: string;
  readonly tone: Tone;
  readonly state: string;
  readonly more?: string;
}

export interface TileSources {
  readonly lag: Part<Lag[]>;
  readonly lanes: Part<LaneStatus[]>;
  readonly parked: Part<ParkedKey[]>;
  readonly findings: Part<KeptFinding[]>;
  readonly projections: Part<ProjectionStatus[]>;
}

export function Tiles({ lag, lanes, parked, findings, projections }: TileSources) {
  const tiles: readonly Tile[] = [
    { title: "Lag", href: "/lag", ...known(lag, lagTile) },
    { title: "Outbox", href: "/relay", ...known(lanes, outboxTile) },
    { title: "Dead letters", href: "/dead-letters", ...known(parked, parkedTile) },
    { title: "Audit", href: "/audit", ...known(findings, findingsTile) },
    { title: "Rebuilds", href: "/projections", ...known(projections, rebuildTile) },
  ];
  return (
    <ul class="tiles">
      {tiles.map(({ title, href, value, tone, state, more }) => (
        <li class="tile">
          <h2>
            <a href={href}>{title}</a>
          </h2>
          <p class="value num">{value}</p>
          <p>
            <Chip tone={tone}>{state}</Chip>
          </p>
          {more && <p class="more">{more}</p>}
        </li>
      ))}
    </ul>
  );
}

type Figures = Omit<Tile, "title" | "href">;

function known<Value>(part: Part<Value>, figures: (value: Value) => Figures): Figures {
  return part.ok ? figures(part.value) : { value: "–", tone: "warn", state: "not known" };
}

function lagTile(lag: readonly Lag[]): Figures {
  const late = lag.filter(({ decides, lag: behind }) => decides && behind > 0);
  if (late.length === 0) return { value: "0", tone: "good", state: "level", more: "Every reader is level" };
  const readers = new Set(late.map(({ name }) => name));
  return {
    value: count(late.reduce((sum, each) => sum + each.lag, 0)),
    tone: "busy",
    state: "catching up",
    more: `${[...readers].join(", ")} behind`,
  };
}

function outboxTile(lanes: readonly LaneStatus[]): Figures {
  const waiting = lanes.reduce((sum, { records }) => sum + records, 0);
  const stuck = lanes.filter((lane) => lane.stuck).length;
  const held = lanes.filter(({ session }) => session !== null).length;
  const oldest = Math.max(0, ...lanes.map(({ oldestMs }) => oldestMs));
  return {
    value: count(waiting),
    tone: stuck > 0 ? "bad" : "good",
    state: stuck > 0 ? `${stuck} lanes stuck` : "flowing",
    more: waiting === 0 ? `${held} of ${lanes.length} lanes held` : `oldest ${duration(oldest)} old`,
  };
}

function parkedTile(keys: readonly ParkedKey[]): Figures {
  if (keys.length === 0) return { value: "0", tone: "good", state: "clear", more: "No record is parked" };
  const failed = keys.reduce((sum, key) => sum + key.failed, 0);
  const waiting = keys.reduce((sum, key) => sum + key.waiting, 0);
  const more = `${count(failed)} failed, ${count(waiting)} wait behind`;
  return { value: count(failed + waiting), tone: "bad", state: "needs somebody", more };
}

function findingsTile({ length }: readonly KeptFinding[]): Figures {
  return length === 0
    ? { value: "0", tone: "good", state: "clean", more: "Rows say what their events say" }
    : { value: count(length), tone: "bad", state: "findings", more: "Rows and events differ" };
}

function rebuildTile(projections: readonly ProjectionStatus[]): Figures {
  const open = projections.filter(({ rebuild }) => rebuild && rebuild.phase !== "switched");
  const ways = projections.filter(({ copies }) => copies.includes("previous"));
  const said = [
    ...open.map(({ projection, rebuild }) => `${projection} is ${rebuild?.phase}`),
    ...ways.map(({ projection }) => `${projection} has a way back`),
  ];
  return {
    value: count(open.length),
    tone: open.length === 0 ? "calm" : "busy",
    state: open.length === 0 ? "none" : "not switched yet",
    more: said.join(", ") || "Nothing stands beside the live rows",
  };
}
