// Is anything wrong, and where to look next.

import type { PropsWithChildren } from "hono/jsx";
import { type KeptFinding, keptFindings } from "@millrace/audit/findings";
import { type ParkedKey, parkedKeyCounts } from "@millrace/projector/dead-letter";
import { type Lag, readLag } from "@millrace/projector/lag";
import type { Tone } from "@millrace/read-models/shown";
import { type ProjectionStatus, projectionStatus } from "@millrace/rebuild/manage";
import { type LaneStatus, readLanes } from "@millrace/store/outbox-lanes";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { SystemCharts } from "../parts/charts.tsx";
import { titleOf, Word } from "../parts/document.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, Num, ProblemNotice } from "../parts/words.tsx";
import { askKafka, askPostgres, type Part, part, statusOf } from "../sources.ts";
import { noticesOf, type ProcessHealth } from "../workers.ts";
import { type Counts, readCounts } from "./counts.ts";
import { FindingsTile, LagTile, OutboxTile, ParkedTile, RebuildTile } from "./overview-tiles.tsx";

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
      const { lag, lanes, parked, findings, projections, counts } = seen;
      return {
        title: "Overview",
        controls: (
          <p class="crumbs">
            <a href="/flow">Map of the flow, and where it stands still</a>
          </p>
        ),
        body: (
          <Overview {...seen}>
            <SystemCharts history={context.history} withTasks={context.processes.length > 0} />
          </Overview>
        ),
        status: statusOf(lag, lanes, parked, findings, projections, counts),
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
  readonly counts: Part<Counts[]>;
}

async function look({ sql, db, kafka, models, health }: PageContext): Promise<Seen> {
  const [processes, lag, lanes, parked, findings, projections, counts] = await Promise.all([
    health(),
    part(askKafka("reading lag", readLag({ sql, kafka }))),
    part(askPostgres("reading lanes", readLanes(sql))),
    part(askPostgres("counting parked records", parkedKeyCounts(db, KEYS_MAX))),
    part(askPostgres("reading findings", keptFindings(sql))),
    part(askPostgres("reading read models", projectionStatus(sql, models))),
    part(askPostgres("counting rows", readCounts(sql, models))),
  ]);
  return { processes, lag, lanes, parked, findings, projections, counts };
}

function Overview({ children, ...seen }: PropsWithChildren<Seen>) {
  const { processes, lag, lanes, parked, findings, counts } = seen;
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
      <section aria-labelledby="hour">
        <h2 id="hour">The last hour</h2>
        {children}
      </section>
      <section aria-labelledby="processes">
        <h2 id="processes">Processes</h2>
        <Processes processes={processes} />
      </section>
      {counts.ok ? counts.value.map(CountsOf) : <ProblemNotice failure={counts.failure} />}
    </>
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

function Says({ process }: { process: ProcessHealth }) {
  const { state, missing } = process;
  const said = [...noticesOf([process]), ...(missing === undefined ? [] : [missing])];
  if (said.length > 0) return <>{said.join("; ")}</>;
  return <span class="none">{state === "ready" ? "nothing is missing" : "nothing, within a second"}</span>;
}

function CountsOf({ model: { name, shown }, words }: Counts) {
  const total = words.reduce((sum, { rows }) => sum + rows, 0);
  return (
    <section aria-labelledby={name}>
      <h2 id={name}>{titleOf(name)}</h2>
      <div class="card counts">
        <Facts
          facts={[
            ["All", <Num value={total} />],
            ...words.map(
              ({ word, rows }) => [<Word word={word} tones={shown.tones} />, <Num value={rows} />] as const,
            ),
          ]}
        />
      </div>
    </section>
  );
}
