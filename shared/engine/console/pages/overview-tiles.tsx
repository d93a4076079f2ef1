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

interface TileProps {
  readonly title: string;
  readonly href: string;
  readonly value: string;
  readonly tone: Tone;
  readonly state: string;
  readonly more?: string;
}

function Tile({ title, href, value, tone, state, more }: TileProps) {
  return (
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
  );
}

const unknown = { value: "–", tone: "warn", state: "not known" } as const;

export function LagTile({ lag }: { lag: Part<Lag[]> }) {
  const base = { title: "Lag", href: "/lag" };
  if (!lag.ok) return <Tile {...base} {...unknown} />;
  const checkpoints = lag.value.filter(({ decides }) => decides);
  const behind = checkpoints.reduce((sum, each) => sum + each.lag, 0);
  const readers = new Set(checkpoints.filter((each) => each.lag > 0).map(({ name }) => name));
  const more = behind === 0 ? "Every reader is level" : `${[...readers].join(", ")} behind`;
  return (
    <Tile
      {...base}
      value={count(behind)}
      tone={behind === 0 ? "good" : "busy"}
      state={behind === 0 ? "level" : "catching up"}
      more={more}
    />
  );
}

export function OutboxTile({ lanes }: { lanes: Part<LaneStatus[]> }) {
  const base = { title: "Outbox", href: "/relay" };
  if (!lanes.ok) return <Tile {...base} {...unknown} />;
  const waiting = lanes.value.reduce((sum, lane) => sum + lane.records, 0);
  const stuck = lanes.value.filter((lane) => lane.stuck).length;
  const held = lanes.value.filter((lane) => lane.session !== null).length;
  const oldest = Math.max(0, ...lanes.value.map((lane) => lane.oldestMs));
  const more =
    waiting === 0 ? `${held} of ${lanes.value.length} lanes held` : `oldest ${duration(oldest)} old`;
  return (
    <Tile
      {...base}
      value={count(waiting)}
      tone={stuck > 0 ? "bad" : "good"}
      state={stuck > 0 ? `${stuck} lanes stuck` : "flowing"}
      more={more}
    />
  );
}

export function ParkedTile({ parked }: { parked: Part<ParkedKey[]> }) {
  const base = { title: "Dead letters", href: "/dead-letters" };
  if (!parked.ok) return <Tile {...base} {...unknown} />;
  const failed = parked.value.reduce((sum, key) => sum + key.failed, 0);
  const waiting = parked.value.reduce((sum, key) => sum + key.waiting, 0);
  const more =
    failed + waiting === 0 ? "Nothing is parked" : `${count(failed)} failed, ${count(waiting)} wait behind`;
  const isClear = failed + waiting === 0;
  return (
    <Tile
      {...base}
      value={count(failed + waiting)}
      tone={isClear ? "good" : "bad"}
      state={isClear ? "clear" : "needs somebody"}
      more={more}
    />
  );
}

export function FindingsTile({ findings }: { findings: Part<KeptFinding[]> }) {
  const base = { title: "Audit", href: "/audit" };
  if (!findings.ok) return <Tile {...base} {...unknown} />;
  const found = findings.value.length;
  const more = found === 0 ? "Rows say what their events say" : "Rows and events differ";
  return (
    <Tile
      {...base}
      value={count(found)}
      tone={found === 0 ? "good" : "bad"}
      state={found === 0 ? "clean" : "findings"}
      more={more}
    />
  );
}

export function RebuildTile({ projections }: { projections: Part<ProjectionStatus[]> }) {
  const base = { title: "Rebuilds", href: "/projections" };
  if (!projections.ok) return <Tile {...base} {...unknown} />;
  const open = projections.value.filter(({ rebuild }) => rebuild && rebuild.phase !== "switched");
  const ways = projections.value.filter(({ copies }) => copies.includes("previous"));
  const said = [
    ...open.map(({ projection, rebuild }) => `${projection} is ${rebuild?.phase}`),
    ...ways.map(({ projection }) => `${projection} has a way back`),
  ];
  const more = said.join(", ") || "Nothing stands beside the live rows";
  return (
    <Tile
      {...base}
      value={count(open.length)}
      tone={open.length === 0 ? "calm" : "busy"}
      state={open.length === 0 ? "none" : "not switched yet"}
      more={more}
    />
  );
}
