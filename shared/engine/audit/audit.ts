// Rows, Kafka and the event store against each other, a batch of streams at a time. Must never write anything but
// what it found.
import { eventId, type StoredEvent, streamName } from "@millrace/events/envelope";
import type { KafkaClient } from "@millrace/kafka/client";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Difference, DifferenceKind } from "@millrace/rebuild/compare";
import { placeKey } from "@millrace/rebuild/place";
import { createLoader } from "@millrace/store/load";
import type { Bench } from "./expected.ts";
import { type Finding, type FindingKind, keepFindings } from "./findings.ts";
import { locate } from "./locate.ts";

export interface AuditTools {
  readonly sql: Sql;
  readonly bench: Bench;
  /** All that there are. */
  readonly models: readonly ReadModel[];
  readonly kafka: KafkaClient;
  readonly log: Log;
}

/** Between two looks: what differs in passing is level by then. */
const LOOK_AGAIN_MS = 1_000;
/** Streams whose records are looked for in Kafka, in one batch: each costs a read of its partition. */
const LOCATED_MAX = 20;

/** Audits whole streams against one model's rows. What is wrong is kept; what is mended, only those know that asked all. */
export async function auditStreams(
  tools: AuditTools,
  model: ReadModel,
  events: readonly StoredEvent[],
): Promise<Finding[]> {
  const first = await tools.bench.differences(model, events);
  const findings = first.length === 0 ? [] : await lookAgain(tools, model, first);
  await keepFindings(tools.sql, [], findings);
  return findings;
}

async function lookAgain(
  tools: AuditTools,
  model: ReadModel,
  suspects: readonly Difference[],
): Promise<Finding[]> {
  await Bun.sleep(LOOK_AGAIN_MS);
  const loader = createLoader(tools.sql);
  const streams = await Promise.all(suspects.map(({ id }) => loader.load(streamOf(model, id))));
  // Before the rows are compared: what they lack of it then, nobody is about to write.
  const handled = await handledBefore(tools.sql, model);
  const still = await tools.bench.differences(model, streams.flat());
  const findings: Finding[] = [];
  for (const [index, difference] of still.entries()) {
    const stream = streamOf(model, difference.id);
    if (await hasGrown(tools.sql, stream, difference)) continue;
    const lacking = lacks(difference) && index < LOCATED_MAX;
    const events = streams.find(([event]) => event?.stream === stream) ?? [];
    const finding = lacking
      ? await explainLack(tools, model, difference, { events, handled })
      : { kind: KINDS[difference.kind], subject: stream, detail: versionsOf(difference) };
    if (finding) findings.push(finding);
  }
  return findings;
}

const KINDS: Record<DifferenceKind, FindingKind> = {
  missing: "row_missing",
  behind: "row_behind",
  different: "row_differs",
  extra: "row_extra",
  "copy-behind": "row_extra",
  unreadable: "stream_unreadable",
};

/** Whether the row is ahead of the events only because they were read before it, and more has been stored since. */
async function hasGrown(sql: Sql, stream: string, { kind, liveVersion }: Difference): Promise<boolean> {
  if (kind !== "copy-behind") return false;
  const [stored] = await sql`select from events where stream = ${stream} and version = ${liveVersion}`;
  return stored !== undefined;
}

export function streamOf({ streamPrefix }: ReadModel, id: string): string {
  return `${streamPrefix}${id}`;
}

function topicOf({ name, sources }: ReadModel, stream: string): string {
  const found = sources.find(({ category }) => stream.startsWith(streamName(category, "")));
  if (!found) throw new Error(`${name} is not made of ${stream}`);
  return found.topic;
}

function lacks({ kind }: Difference): boolean {
  return kind === "missing" || kind === "behind";
}

/** Undefined where the event is still on its way: in Kafka, past the checkpoint. */
async function explainLack(
  tools: AuditTools,
  model: ReadModel,
  difference: Difference,
  { events, handled }: { events: readonly StoredEvent[]; handled: ReadonlyMap<string, number> },
): Promise<Finding | undefined> {
  const missing = events[difference.liveVersion ?? 0];
  const subject = streamOf(model, difference.id);
  if (!missing) return undefined;
  const name = eventId(missing.stream, missing.version);
  const place = await locate(tools, topicOf(model, missing.stream), missing);
  if (!place) {
    const detail = `${name} ${missing.type} of ${missing.at} is neither in the outbox nor in Kafka`;
    return { kind: "not_published", subject, detail };
  }
  if (place.offset >= (handled.get(placeKey(place)) ?? 0)) return undefined;
  const detail = `${versionsOf(difference)}; ${name} is in ${place.topic}/${place.partition} at ${place.offset}, which has been handled`;
  return { kind: KINDS[difference.kind], subject, detail };
}

/** By partition, the offset before which every record has taken effect in the live rows or is parked. */
async function handledBefore(sql: Sql, { name }: ReadModel): Promise<Map<string, number>> {
  const checkpoints = await sql<{ topic: string; partition: number; offset: string }[]>`
    select topic, partition, "offset" from checkpoints where projection = ${name}`;
  return new Map(checkpoints.map((at) => [placeKey(at), Number(at.offset)]));
}

function versionsOf({ liveVersion, copyVersion, cause }: Difference): string {
  if (cause !== undefined) return cause;
  if (liveVersion === null) return `no row; the store is at version ${copyVersion}`;
  if (copyVersion === null) return `a row at version ${liveVersion}; the store has no such stream`;
  if (liveVersion === copyVersion) return `the row at version ${liveVersion} is not what its events make it`;
  return `the row is at version ${liveVersion}, the store at ${copyVersion}`;
}
