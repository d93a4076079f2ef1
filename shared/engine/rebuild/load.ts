// Fills a copy from the event store: ranges of streams, chunk by chunk, each chunk's rows and its place in one
// transaction. Killed at any point, it goes on from what was committed.
import { sql as statement } from "drizzle-orm";
import type { StoredEvent } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import type { Database, Sql } from "@millrace/platform/postgres";
import type { ProjectedEvent, ReadModel } from "@millrace/read-models/read-model";
import type { LeftOut } from "./left-out.ts";
import { type Chunk, categoryOf, readChunk, type StreamRange } from "./scan.ts";

export interface Range extends StreamRange {
  readonly ordinal: number;
}

export interface LoadOptions {
  /** For reading; its search_path is the usual one. */
  readonly sql: Sql;
  /** For writing: works on the copy. */
  readonly shadow: Database;
  readonly model: ReadModel;
  /** Which partition of its topic a stream lives in. */
  partitionOf(stream: string): number;
  /** Aborted, it ends after the chunk under way. */
  readonly signal: AbortSignal;
  onLoaded(events: number): void;
}

/** Not known: the event store keeps none. A row whose live counterpart is there takes over that one's. */
export const NO_OFFSET = -1;

/** Loads one range to its end, or up to where it is to stop. The next chunk is read while one is written. */
export async function loadRange(options: LoadOptions, range: Range): Promise<void> {
  const { sql } = options;
  let { after } = range;
  const category = categoryOf(range);
  let reading = readChunk(sql, category, range);
  for (;;) {
    const chunk = await reading;
    if (chunk.next !== undefined) {
      reading = readChunk(sql, category, { after: chunk.next, upTo: range.upTo });
      // Awaiting it shows the failure; until then it is not an unhandled one.
      reading.catch(() => {});
    }
    await writeChunk(options, { ...range, after }, chunk);
    options.onLoaded(chunk.events.length);
    if (chunk.next === undefined || options.signal.aborted) return;
    after = chunk.next;
  }
}

async function writeChunk(
  options: LoadOptions,
  range: Range,
  { events, next, tooLong }: Chunk,
): Promise<void> {
  const { shadow, model } = options;
  await shadow.transaction(async (tx) => {
    const leftOut: LeftOut[] =
      tooLong === undefined ? [] : [{ stream: tooLong, cause: "too long for one chunk" }];
    await model.load(tx, projected(events, options.partitionOf), (id, cause) =>
      leftOut.push({ stream: `${model.streamPrefix}${id}`, cause: describe(cause) }),
    );
    const moved = await tx.execute(statement`
      update rebuild_ranges set after = ${next ?? range.after}, events = events + ${events.length},
        finished = ${next === undefined}, left_out = left_out || ${JSON.stringify(leftOut)}::text::jsonb
      where projection = ${model.name} and ordinal = ${range.ordinal} and after = ${range.after}
        and not finished`);
    if (moved.count !== 1) throw new Error(`Another rebuild of ${model.name} has moved on from here`);
  });
}

/** In the order of their streams: each stream's partition is worked out once. */
function projected(
  events: readonly StoredEvent[],
  partitionOf: (stream: string) => number,
): ProjectedEvent[] {
  let stream = "";
  let partition = 0;
  return events.map((event) => {
    if (event.stream !== stream) {
      stream = event.stream;
      partition = partitionOf(stream);
    }
    return { event, partition, offset: NO_OFFSET };
  });
}
