import { FINDING_KINDS, type FindingKind, type KeptFinding, keptFindings } from "@millrace/audit/findings";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { subjectHref } from "../parts/links.ts";
import { Facts, Table } from "../parts/table.tsx";
import { Ago, Chip, Id } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

const EVERY_MS = 5_000;

const FINDING_MEANINGS: Record<FindingKind, string> = {
  row_differs: "a row is not what its events make it",
  row_missing: "a stream has no row, though its events have come past",
  row_behind: "a row lacks events that have come past",
  row_extra: "a row has no stream, or shows events that the store lacks",
  not_published: "an event is neither in the outbox nor in Kafka",
  snapshot_differs:
    "a snapshot is not what its stream's events make it: delete it from the table snapshots, which loses nothing",
  stream_unreadable: "a stream's events can't be read: what its row must be is not known",
  sums_wrong: "counters are not the sums of their rows",
};

export function auditPage({ sql, models }: PageContext): Page {
  return {
    path: "/audit",
    section: "Audit",
    live: { everyMs: EVERY_MS },
    async show() {
      const findings = await askPostgres("reading findings", keptFindings(sql));
      return {
        title: "Audit",
        about: (
          <>
            Where rows, outbox or Kafka do not say what the event store says. One projector audits a few
            streams every some seconds; <code>bun run ops audit --all</code> looks at everything. What is
            mended leaves this list.
          </>
        ),
        body: <Findings findings={findings} models={models} />,
      };
    },
  };
}

function Findings({ findings, models }: Pick<PageContext, "models"> & { findings: readonly KeptFinding[] }) {
  return (
    <>
      <Table
        caption="Findings"
        captionHidden
        rows={findings}
        keyOf={({ kind, subject }) => `${kind} ${subject}`}
        columns={[
          {
            title: "About",
            head: true,
            value: ({ subject }) => <Subject models={models} subject={subject} />,
          },
          { title: "Finding", value: ({ kind }) => <Chip tone="bad">{kind}</Chip> },
          { title: "Detail", long: true, value: ({ detail }) => detail },
          { title: "Found", value: ({ foundAt }) => <Ago at={foundAt} /> },
          { title: "Last seen", value: ({ seenAt }) => <Ago at={seenAt} /> },
        ]}
        empty="Nothing is wrong that anybody knows of."
      />
      <section aria-labelledby="kinds">
        <h2 id="kinds">What the findings mean</h2>
        <Facts facts={FINDING_KINDS.map((kind) => [<code>{kind}</code>, FINDING_MEANINGS[kind]] as const)} />
        <p class="about">
          Damaged rows are mended by <a href="/projections">a rebuild</a> that accepts differences.
        </p>
      </section>
    </>
  );
}

function Subject({ models, subject }: Pick<PageContext, "models"> & { subject: string }) {
  const href = subjectHref(models, subject);
  return href === undefined ? <code>{subject}</code> : <Id value={subject} href={href} />;
}
