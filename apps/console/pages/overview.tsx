// Is anything wrong, and where to look next.
import { type LaneStatus, readLanes } from "@millrace/event-store/outbox-lanes";
import { type ParkedKey, parkedKeyCounts } from "@millrace/partitions/dead-letter";
import { type Lag, readLag } from "@millrace/partitions/lag";
import { count, duration } from "@millrace/platform/quantities";
import { type OrderCount, readOrderCounts } from "@millrace/read-models/order-stats/queries";
import { type KeptFinding, keptFindings } from "@millrace/replay/findings";
import { type ProjectionStatus, projectionStatus } from "@millrace/replay/manage";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { StatusChip } from "../parts/order-row.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, Num, ProblemNotice, type Tone } from "../parts/words.tsx";
import { askKafka, askPostgres, type Part, part, statusOf } from "../sources.ts";
import type { ProcessHealth } from "../workers.ts";

const EVERY_MS = 3_000;
/** More keys than anybody looks at; past it their number is what matters. */
const KEYS_MAX = 1_000;

export function overviewPage(context: PageContext): Page {
  return {
    path: "/",
    section: "Overview",
    live: { everyMs: EVERY_MS },
    async show() {
      const seen = await look(context);
      const { lag, lanes, parked, findings, projections, orders } = seen;
      return {
        title: "Overview",
        body: <Overview {...seen} />,
        status: statusOf(lag, lanes, parked, findings, projections, orders),
      };
    },
  };
}

interface Seen {
  readonly processes: readonly ProcessHealth[];
  readonly lag: Part<Lag[]>;
  readonly lanes: Part<LaneStatus[]>;
  readonly parked: Part<ParkedKey[]>;
  readonly findings: Part<KeptFinding[]>;
  readonly projections: Part<ProjectionStatus[]>;
  readonly orders: Part<OrderCount[]>;
}

async function look({ sql, db, kafka, health }: PageContext): Promise<Seen> {
  const [processes, lag, lanes, parked, findings, projections, orders] = await Promise.all([
    health(),
    part(askKafka("reading lag", readLag({ sql, kafka }))),
    part(askPostgres("reading lanes", readLanes(sql))),
    part(askPostgres("counting parked records", parkedKeyCounts(db, KEYS_MAX))),
    part(askPostgres("reading findings", keptFindings(sql))),
    part(askPostgres("reading read models", projectionStatus(sql))),
    part(askPostgres("counting orders", readOrderCounts(sql))),
  ]);
  return { processes, lag, lanes, parked, findings, projections, orders };
}

function Overview(seen: Seen) {
  const { processes, lag, lanes, parked, findings, orders } = seen;
  const failures = [lag, lanes, parked, findings].flatMap((each) => (each.ok ? [] : [each.failure]));
  const codes = new Map(failures.map((failure) => [String((failure as { code?: unknown }).code), failure]));
  return (
    <>
      {[...codes.values()].map((failure) => (
        <ProblemNotice failure={failure} />
      ))}
      <ul class="tiles">
        <LagTile lag={lag} />
        <OutboxTile lanes={lanes} />
        <ParkedTile parked={parked} />
        <FindingsTile findings={findings} />
        <RebuildTile projections={seen.projections} />
      </ul>
      <section aria-labelledby="processes">
        <h2 id="processes">Processes</h2>
        <Processes processes={processes} />
      </section>
      <section aria-labelledby="orders">
        <h2 id="orders">Orders</h2>
        {orders.ok ? <OrderCounts counts={orders.value} /> : <ProblemNotice failure={orders.failure} />}
      </section>
    </>
  );
}

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

function LagTile({ lag }: { lag: Part<Lag[]> }) {
  const base = { title: "Lag", href: "/lag" };
  if (!lag.ok) return <Tile {...base} {...unknown} />;
  const checkpoints = lag.value.filter(({ kind }) => kind === "projection");
  const behind = checkpoints.reduce((sum, each) => sum + each.lag, 0);
  const readers = new Set(checkpoints.filter((each) => each.lag > 0).map(({ name }) => name));
  const more = behind === 0 ? "Every read model is level" : `${[...readers].join(", ")} behind`;
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

function OutboxTile({ lanes }: { lanes: Part<LaneStatus[]> }) {
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

function ParkedTile({ parked }: { parked: Part<ParkedKey[]> }) {
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

function FindingsTile({ findings }: { findings: Part<KeptFinding[]> }) {
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

function RebuildTile({ projections }: { projections: Part<ProjectionStatus[]> }) {
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

const TONES: Record<ProcessHealth["state"], Tone> = {
  ready: "good",
  "not ready": "warn",
  "no answer": "bad",
};

function Processes({ processes }: { processes: readonly ProcessHealth[] }) {
  return (
    <Table
      caption="Processes, as they answer now"
      captionHidden
      rows={processes}
      keyOf={({ name, address }) => `${name} ${address}`}
      columns={[
        { title: "Process", head: true, value: ({ name }) => name },
        { title: "State", value: ({ state }) => <Chip tone={TONES[state]}>{state}</Chip> },
        { title: "Address", value: ({ address }) => <code>{address}</code> },
        {
          title: "Partitions",
          right: true,
          value: ({ partitions }) => (partitions.length > 0 ? <Num value={partitions.length} /> : "–"),
        },
        { title: "Says", value: (process) => <Says process={process} /> },
      ]}
      empty="No process is known: MILLRACE_PROCESSES names them."
    />
  );
}

function Says({ process: { state, missing } }: { process: ProcessHealth }) {
  if (missing !== undefined) return <>{missing}</>;
  return <span class="none">{state === "ready" ? "nothing is missing" : "nothing, within a second"}</span>;
}

function OrderCounts({ counts }: { counts: readonly OrderCount[] }) {
  const statuses = [...Map.groupBy(counts, ({ status }) => status)];
  const total = (cells: readonly OrderCount[]) => Number(cells.reduce((sum, { orders }) => sum + orders, 0n));
  return (
    <div class="card counts">
      <Facts
        facts={[
          ["All", <Num value={total(counts)} />],
          ...statuses.map(
            ([status, cells]) =>
              [<StatusChip order={{ status, deleted: false }} />, <Num value={total(cells)} />] as const,
          ),
        ]}
      />
    </div>
  );
}
