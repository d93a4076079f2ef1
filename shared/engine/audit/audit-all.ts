// Everything, once: each stream against its row, each row against its stream, each event against Kafka, each sum.
import { streamName } from "@millrace/events/envelope";
import { topicOffsets } from "@millrace/kafka/admin";
import { readTopic } from "@millrace/kafka/read-topic";
import type { ReadModel, SourceStreams } from "@millrace/read-models/read-model";
import { wrongSums } from "@millrace/rebuild/compare";
import type { Progress } from "@millrace/rebuild/rebuild";
import { countEvents, readChunk } from "@millrace/rebuild/scan";
import { type AuditTools, auditStreams, streamOf } from "./audit.ts";
import { distinctFindings, type Finding, forgetUnseen, keepFindings } from "./findings.ts";

export interface AuditProgress extends Omit<Progress, "phase" | "unit"> {
  readonly phase: string;
  readonly unit: string;
}

/** Findings after which an audit ends: who has so many mends their cause first, and one more says nothing new. */
const FINDINGS_MAX = 10_000;
/** Rows without a stream that are named. */
const EXTRA_MAX = 1_000;
/** Streams whose records are remembered at once, some 150 bytes each. */
const STREAMS_MAX = 3_000_000;
/** An event younger than this may still be on its way to Kafka. */
const IN_FLIGHT_MS = 60_000;

export interface AuditOfAll {
  readonly findings: readonly Finding[];
  /** It has ended before it had looked at everything. */
  readonly hasMore: boolean;
}

export async function auditAll(
  tools: AuditTools,
  onProgress: (progress: AuditProgress) => void,
  findingsMax = FINDINGS_MAX,
): Promise<AuditOfAll> {
  const [began] = await tools.sql<{ at: string }[]>`select now()::text as at`;
  let findings: readonly Finding[] = [];
  for await (const found of allFindings(tools, onProgress)) {
    if (found.length === 0) continue;
    const known = new Set(findings.map(({ subject }) => subject));
    findings = findings.concat(
      found.filter(({ kind, subject }) => kind !== "not_published" || !known.has(subject)),
    );
    if (findings.length >= findingsMax) return { findings: distinctFindings(findings), hasMore: true };
  }
  await forgetUnseen(tools.sql, began?.at ?? "-infinity");
  return { findings: distinctFindings(findings), hasMore: false };
}

async function* allFindings(
  tools: AuditTools,
  onProgress: (progress: AuditProgress) => void,
): AsyncGenerator<readonly Finding[]> {
  const sources = new Map<string, SourceStreams>();
  for (const model of tools.models) {
    for (const source of model.sources) {
      sources.set(source.category, source);
      yield* auditRows(tools, model, source, onProgress);
    }
    yield await extraRows(tools, model);
    yield await sums(tools, model);
  }
  for (const source of sources.values()) yield await auditTopic(tools, source, onProgress);
}

async function* auditRows(
  tools: AuditTools,
  model: ReadModel,
  { category }: SourceStreams,
  onProgress: (progress: AuditProgress) => void,
): AsyncGenerator<readonly Finding[]> {
  const total = await countEvents(tools.sql, category);
  let done = 0;
  let after: string | undefined = category;
  while (after !== undefined) {
    const chunk = await readChunk(tools.sql, category, { after, upTo: null });
    yield await auditStreams(tools, model, chunk.events);
    if (chunk.tooLong !== undefined) {
      const detail = "the stream is too long to be audited";
      const finding = { kind: "stream_unreadable" as const, subject: chunk.tooLong, detail };
      await keepFindings(tools.sql, [], [finding]);
      yield [finding];
    }
    done += chunk.events.length;
    onProgress({ phase: `rows of ${model.name}`, done, total, unit: "events" });
    after = chunk.next;
  }
}

async function extraRows({ sql }: AuditTools, model: ReadModel): Promise<Finding[]> {
  const rows = await sql<{ id: string; version: number }[]>`
    select id, version from ${sql(model.rows)} as live
    where not exists (select from events where stream = ${model.streamPrefix} || live.id) limit ${EXTRA_MAX}`;
  const findings = rows.map(({ id, version }) => ({
    kind: "row_extra" as const,
    subject: streamOf(model, id),
    detail: `a row at version ${version}; the store has no such stream`,
  }));
  await keepFindings(sql, [], findings);
  return findings;
}

async function sums({ sql }: AuditTools, model: ReadModel): Promise<Finding[]> {
  if (!model.sums) return [];
  // One snapshot: rows and their sums change together.
  const wrong = await sql.begin("isolation level repeatable read", (tx) => wrongSums(tx, model, "public"));
  const subject = model.sums.table;
  const findings =
    wrong.length === 0 ? [] : [{ kind: "sums_wrong" as const, subject, detail: wrong.join("; ") }];
  await keepFindings(sql, [subject], findings);
  return findings;
}

/** Every stream's last event against the last one that its topic holds. Only where Kafka still has everything. */
async function auditTopic(
  { sql, kafka, log }: AuditTools,
  { category, topic }: SourceStreams,
  onProgress: (progress: AuditProgress) => void,
): Promise<Finding[]> {
  const offsets = await topicOffsets(kafka, topic);
  const total = offsets.reduce((sum, { high }) => sum + high, 0);
  if (offsets.some(({ low }) => low > 0) || total === 0) return [];
  const last = new Map<string, number>();
  let done = 0;
  await readTopic(kafka, {
    topic,
    from: () => undefined,
    follow: false,
    log,
    onRecord({ headers }) {
      const stream = headers.ce_subject ?? "";
      last.set(stream, Math.max(last.get(stream) ?? 0, Number(headers.ce_streamversion ?? 0)));
      done++;
      if (done % 10_000 === 0) onProgress({ phase: topic, done, total, unit: "records" });
      return last.size <= STREAMS_MAX;
    },
  });
  onProgress({ phase: topic, done, total, unit: "records" });
  if (last.size > STREAMS_MAX) return [];
  return unpublished(sql, category, last);
}

async function unpublished(
  sql: AuditTools["sql"],
  category: string,
  last: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const cursor = sql<{ stream: string; version: number; at: string }[]>`
    select stream, max(version) as version, max(at)::text as at from events
    where starts_with(stream, ${streamName(category, "")}) and at < now() - make_interval(secs => ${IN_FLIGHT_MS / 1000})
      and at < (select coalesce(min(created_at), now()) from outbox)
      and stream not in (select stream from relay_held)
    group by stream`.cursor(10_000);
  for await (const rows of cursor) {
    for (const { stream, version } of rows) {
      const published = last.get(stream) ?? 0;
      if (published >= version) continue;
      const detail = `the store is at version ${version}, its topic at ${published}`;
      findings.push({ kind: "not_published", subject: stream, detail });
    }
    if (findings.length >= FINDINGS_MAX) break;
  }
  await keepFindings(sql, [], findings);
  return findings;
}
