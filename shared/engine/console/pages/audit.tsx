// What the audit has found wrong, and what each finding means.
import { FINDING_KINDS, type FindingKind, type KeptFinding, keptFindings } from "@millrace/audit/findings";
import type { PageContext } from "../context.ts";
import { EACH_FIVE_SECONDS, type Page } from "../page.ts";
import { subjectHref } from "../parts/links.ts";
import { Section } from "../parts/section.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { Ago, Chip, Id } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

const FINDING_MEANINGS: Record<FindingKind, string> = {
  row_differs: "a row is not what its events make it",
  row_missing: "a stream has no row, though the projection has read its events",
  row_behind: "a row lacks events that the projection has read",
  row_extra: "a row has no stream, or shows events that the store lacks",
  not_published: "an event is neither in the outbox nor in Kafka",
  snapshot_differs:
    "a snapshot is not what its stream's events make it: delete it from the table snapshots, which loses nothing",
  stream_unreadable: "a stream's events can't be read, so its row can't be compared with them",
  sums_wrong: "counters are not the sums of their rows",
};

export function auditPage({ sql, models }: PageContext): Page {
  return {
    path: "/audit",
    section: "Audit",
    live: EACH_FIVE_SECONDS,
    async show() {
      const findings = await askPostgres("reading findings", keptFindings(sql));
      return {
        title: "Audit",
        about: (
          <>
            Rows, outbox records and Kafka records that differ from the event store. One projector audits a
            few streams every few seconds; <code>bun run ops audit --all</code> audits everything. A finding
            leaves this list once it is mended.
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
        empty="The audit has found nothing wrong."
      />
      <Section id="kinds" title="What the findings mean">
        <Facts facts={FINDING_KINDS.map((kind) => [<code>{kind}</code>, FINDING_MEANINGS[kind]] as const)} />
        <p class="about">
          To mend rows, start <a href="/projections">a rebuild</a> of their read model that accepts
          differences.
        </p>
      </Section>
    </>
  );
}

function Subject({ models, subject }: Pick<PageContext, "models"> & { subject: string }) {
  const href = subjectHref(models, subject);
  return href === undefined ? <code>{subject}</code> : <Id value={subject} href={href} />;
}
