import type { Command } from "commander";
import { auditAll } from "@millrace/audit/audit-all";
import { openBench } from "@millrace/audit/expected";
import { type Finding, keptFindings } from "@millrace/audit/findings";
import { auditSample } from "@millrace/audit/sample";
import { count } from "@millrace/platform/quantities";
import type { Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import type { Run } from "../program.ts";
import { showProgress } from "../progress.ts";
import { printTable } from "../table.ts";

const STREAMS_DEFAULT = 1_000;
const STREAMS_MAX = 10_000;

export function addAudit(program: Command, run: Run): void {
  program
    .command("audit")
    .description("compare rows and Kafka with what the event store says")
    .option("--all", "everything instead of a sample")
    .option("-n, --streams <number>", "streams in a sample", wholeNumber(1, STREAMS_MAX), STREAMS_DEFAULT)
    .addHelpText(
      "after",
      `
The projector audits a few streams every ten seconds by itself; what it found stands here as well.
What is only on its way is not a finding. Mend rows with \`bun run ops projections rebuild\`.

Exit code 1 where anything was found.
`,
    )
    .action(({ all, streams }: { all?: boolean; streams: number }, command: Command) =>
      run(command, (context) => (all ? everything(context) : sample(context, streams))),
    );
}

async function everything(context: Context) {
  const { sql, kafka, log, config, models } = context;
  const bench = openBench(config.DATABASE_URL);
  const progress = showProgress();
  try {
    const { findings, hasMore } = await auditAll({ sql, kafka, log, bench, models }, progress.show);
    return output(findings, { all: true, hasMore });
  } finally {
    progress.end();
    await bench.end();
  }
}

async function sample(context: Context, streamsMax: number) {
  const { sql, kafka, log, config, models, snapshots } = context;
  const bench = openBench(config.DATABASE_URL);
  try {
    const { streams, events } = await auditSample({ sql, kafka, log, bench, models, snapshots }, streamsMax);
    // What it found just now is kept with what was found before.
    return output(await keptFindings(sql), { all: false, streams, events });
  } finally {
    await bench.end();
  }
}

/** In every finding the event store is right, so that nothing is lost. */
const WHAT_TO_DO = `The event store is right, and readers are shown something else until this is mended:
  row_*, sums_wrong    bun run ops projections rebuild <projection> --accept-differences
  not_published        bun run ops relay (what Kafka refuses, and why)
  stream_unreadable    the data or the code is damaged: bun run ops events <stream>`;

const MORE = `The audit ended with these findings before it had compared everything. Mend their cause, then audit again.`;

function output(
  findings: readonly Finding[],
  audited: { all: boolean; hasMore?: boolean; streams?: number; events?: number },
) {
  const what = audited.all ? "everything" : `${count(audited.streams ?? 0)} streams`;
  const table = printTable(
    findings,
    [
      { title: "finding", value: (row) => row.kind },
      { title: "about", value: (row) => row.subject, flexible: true },
      { title: "detail", value: (row) => row.detail, flexible: true },
    ],
    `Compared ${what}: nothing is wrong.`,
  );
  const parts = [table, ...(findings.length > 0 ? [WHAT_TO_DO] : []), ...(audited.hasMore ? [MORE] : [])];
  const text = parts.join("\n\n");
  return { json: { ...audited, findings }, text, wrong: findings.length > 0 };
}
