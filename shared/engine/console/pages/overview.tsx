// Whether anything is wrong, and where to look next.
import { keptFindings } from "@millrace/audit/findings";
import { parkedKeyCounts } from "@millrace/projector/dead-letter";
import { readLag } from "@millrace/projector/lag";
import type { Tone } from "@millrace/read-models/shown";
import { projectionStatus } from "@millrace/rebuild/manage";
import { readLanes } from "@millrace/store/outbox-lanes";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { SystemCharts } from "../parts/charts.tsx";
import { titleOf, Word } from "../parts/document.tsx";
import { Section } from "../parts/section.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Chip, codeOf, Num, ProblemNotice } from "../parts/words.tsx";
import { askKafka, askPostgres, type Part, part, statusOf } from "../sources.ts";
import { noticesOf, type ProcessHealth } from "../workers.ts";
import { type Counts, readCounts } from "./counts.ts";
import { Tiles } from "./overview-tiles.tsx";

/** Most parked keys that are counted: a person looks at fewer. */
const KEYS_MAX = 1_000;

export function overviewPage(context: PageContext): Page {
  const { sql, db, kafka, models, health, history, processes: shopProcesses } = context;
  return {
    path: "/",
    section: "Overview",
    live: EACH_TWO_SECONDS,
    async show() {
      const [processes, lag, lanes, parked, findings, projections, counts] = await Promise.all([
        health(),
        part(askKafka("reading lag", readLag({ sql, kafka }))),
        part(askPostgres("reading lanes", readLanes(sql))),
        part(askPostgres("counting parked records", parkedKeyCounts(db, KEYS_MAX))),
        part(askPostgres("reading findings", keptFindings(sql))),
        part(askPostgres("reading read models", projectionStatus(sql, models))),
        part(askPostgres("counting rows", readCounts(sql, models))),
      ]);
      const parts = [lag, lanes, parked, findings, projections, counts];
      return {
        title: "Overview",
        controls: (
          <p class="crumbs">
            <a href="/flow">Map of the flow, and where it stands still</a>
          </p>
        ),
        body: (
          <>
            <Failures parts={parts} />
            <Tiles {...{ lag, lanes, parked, findings, projections }} />
            <Section id="hour" title="The last hour">
              <SystemCharts history={history} withTasks={shopProcesses.length > 0} />
            </Section>
            <Section id="processes" title="Processes">
              <Processes processes={processes} />
            </Section>
            {counts.ok && counts.value.map(CountsOf)}
          </>
        ),
        status: statusOf(...parts),
      };
    },
  };
}

/** Each problem once, however many parts of the page lack what it takes away. */
function Failures({ parts }: { parts: readonly Part<unknown>[] }) {
  const failures = parts.flatMap((each) => (each.ok ? [] : [[codeOf(each.failure), each.failure] as const]));
  return (
    <>
      {[...new Map(failures).values()].map((failure) => (
        <ProblemNotice failure={failure} />
      ))}
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
      empty="The console knows of no process: set MILLRACE_PROCESSES to their names and addresses."
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
    <Section id={name} title={titleOf(name)}>
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
    </Section>
  );
}
