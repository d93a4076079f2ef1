// Which streams an audit looks at when it can't look at all: some of what is new, some of anything.
import type { StoredEvent } from "@millrace/contract/envelope";
import { createLoader } from "@millrace/event-store/load";
import { lastPosition } from "@millrace/event-store/position";
import type { Sql } from "@millrace/platform/postgres";
import type { AuditTools } from "./audit.ts";
import { auditStreams } from "./audit.ts";
import { type Finding, keptFindings } from "./findings.ts";
import { MODELS } from "./models.ts";

export interface SampleResult {
  readonly streams: number;
  readonly events: number;
  readonly findings: readonly Finding[];
}

/** Streams whose findings are looked at again in each sample. */
const AGAIN_MAX = 20;

/** Audits about so many streams: the newest, some at random, and those that were wrong before. */
export async function auditSample(
  tools: AuditTools,
  streamsMax: number,
  random: () => number = Math.random,
): Promise<SampleResult> {
  const names = new Set(await recentStreams(tools.sql, Math.ceil(streamsMax / 2)));
  for (const name of await randomStreams(tools.sql, Math.floor(streamsMax / 2), random)) names.add(name);
  for (const { subject } of (await keptFindings(tools.sql)).slice(0, AGAIN_MAX)) names.add(subject);
  const loader = createLoader(tools.sql);
  const streams = await Promise.all([...names].map((name) => loader.load(name)));
  const findings: Finding[] = [];
  let events = 0;
  for (const model of MODELS) {
    const of: StoredEvent[] = streams
      .filter(([first]) => first?.stream.startsWith(`${model.category}-`))
      .flat();
    events += of.length;
    findings.push(...(await auditStreams(tools, model, of)));
  }
  return { streams: streams.filter((each) => each.length > 0).length, events, findings };
}

/** By the index on position: a look at the newest blocks. */
async function recentStreams(sql: Sql, count: number): Promise<string[]> {
  const last = await lastPosition(sql);
  return streamsBetween(sql, Math.max(0, last - 4 * count), last, count);
}

/** A few places of the table, each read for some streams. */
async function randomStreams(sql: Sql, count: number, random: () => number): Promise<string[]> {
  const last = await lastPosition(sql);
  const from = Math.floor(random() * last);
  return streamsBetween(sql, from, from + 4 * count, count);
}

function streamsBetween(sql: Sql, from: number, to: number, count: number): Promise<string[]> {
  return sql<{ stream: string }[]>`
    select distinct stream from events where position > ${from} and position <= ${to} limit ${count}`.then(
    (rows) => rows.map((row) => row.stream),
  );
}
