// Which streams an audit looks at when it can't look at all: some of what is new, some of anything.
import { type StoredEvent, streamName } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import { isPostgresAway, isPostgresRace, type Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { createLoader, type Loader } from "@millrace/store/load";
import type { SnapshotCheck } from "@millrace/store/snapshot";
import type { AuditTools } from "./audit.ts";
import { auditStreams } from "./audit.ts";
import { distinctFindings, type Finding, keepFindings, keptFindings } from "./findings.ts";
import { wrongSnapshots } from "./wrong-snapshots.ts";

export interface SampleTools extends AuditTools {
  /** By category, of those that have any. */
  readonly snapshots: Readonly<Record<string, SnapshotCheck>>;
}

export interface SampleResult {
  readonly streams: number;
  readonly events: number;
  readonly findings: readonly Finding[];
}

/** Streams whose findings are looked at again in each sample. */
const AGAIN_MAX = 20;
/** Events of a stream that a sample looks at: an order has tens. */
const STREAM_EVENTS_MAX = 2_000;
/** Characters of those, some four times what an order may be sent as: a sample holds fifty streams at once. */
const STREAM_LENGTH_MAX = 1_048_576;

/** Audits about so many streams: the newest, some at random, and the ones that were wrong before. */
export async function auditSample(
  tools: SampleTools,
  streamsMax: number,
  random: () => number = Math.random,
): Promise<SampleResult> {
  const blocks = await blocksOfEvents(tools.sql);
  const names = new Set(await recentStreams(tools.sql, blocks, Math.ceil(streamsMax / 2)));
  const anywhere = Math.floor(random() * blocks);
  for (const name of await streamsFrom(tools.sql, anywhere, Math.floor(streamsMax / 2))) names.add(name);
  for (const { subject } of (await keptFindings(tools.sql)).slice(0, AGAIN_MAX)) names.add(subject);
  const loader = createLoader(tools.sql);
  const findings: Finding[] = [];
  const streams = await Promise.all(
    [...names].map(async (name) => {
      try {
        return await loadAtMost(loader, name);
      } catch (error) {
        if (isPostgresAway(error) || isPostgresRace(error)) throw error;
        findings.push({ kind: "stream_unreadable", subject: name, detail: describe(error) });
        return [];
      }
    }),
  );
  let events = 0;
  for (const model of tools.models) {
    const of: StoredEvent[] = streams.filter(([first]) => first && isOf(model, first.stream)).flat();
    events += of.length;
    findings.push(...(await auditStreams(tools, model, of)));
  }
  findings.push(...(await wrongSnapshots(tools.sql, tools.snapshots, streams)));
  // Every model has had its say of them: what none of them finds is mended.
  const looked = streams.flatMap(([first]) => (first ? [first.stream] : []));
  await keepFindings(tools.sql, looked, findings);
  return { streams: looked.length, events, findings: distinctFindings(findings) };
}

function isOf({ sources }: ReadModel, stream: string): boolean {
  return sources.some(({ category }) => stream.startsWith(streamName(category, "")));
}

/** Whole, or not at all: of a stream that is longer than a sample is worth, only an audit of everything says something. */
async function loadAtMost(loader: Loader, stream: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  let length = 0;
  for await (const page of loader.pages(stream)) {
    events.push(...page);
    for (const { data } of page) length += data.length;
    if (events.length > STREAM_EVENTS_MAX || length > STREAM_LENGTH_MAX) return [];
  }
  return events;
}

/** That are read for each stream that is wanted, since most streams have several. */
const EVENTS_A_STREAM = 4;
/** That a block holds at least, where they are of a usual size. */
const EVENTS_A_BLOCK = 10;
/** What Postgres may have added to the table's end at once and not yet filled. */
const EMPTY_BLOCKS_MAX = 64;

/** From the last of so many blocks, whatever the table holds. */
function recentStreams(sql: Sql, blocks: number, count: number): Promise<string[]> {
  const first = blocks - blocksFor(count) - EMPTY_BLOCKS_MAX;
  return streamsOf(sql`
    select stream from events where ctid >= ${beginningOf(first)}::tid
    group by stream order by max(position) desc limit ${count}`);
}

/** From a few blocks, that one and those after it. */
function streamsFrom(sql: Sql, first: number, count: number): Promise<string[]> {
  const end = first + blocksFor(count);
  return streamsOf(sql`
    select distinct stream from events
    where ctid >= ${beginningOf(first)}::tid and ctid < ${beginningOf(end)}::tid limit ${count}`);
}

function blocksFor(streams: number): number {
  return Math.ceil((EVENTS_A_STREAM * streams) / EVENTS_A_BLOCK);
}

function beginningOf(block: number): string {
  return `(${Math.max(0, block)},0)`;
}

async function blocksOfEvents(sql: Sql): Promise<number> {
  const [row] = await sql<{ blocks: number }[]>`
    select (pg_relation_size('events') / current_setting('block_size')::integer)::integer as blocks`;
  return row?.blocks ?? 0;
}

async function streamsOf(rows: Promise<readonly { stream: string }[]>): Promise<string[]> {
  return (await rows).map(({ stream }) => stream);
}
