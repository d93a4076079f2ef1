// Where Kafka has a gap, the store does not: a batch with an event that does not follow its row is brought level
// from the event store, in the same transaction. That happens only where a topic was created anew or has forgotten
// too early; it is told in the log, since otherwise it would hide a bug.

import { sql } from "drizzle-orm";
import type { StoredEvent } from "@millrace/contract/envelope";
import type { Tx } from "@millrace/platform/postgres";
import { EventGap, type ProjectedEvent, type Projection } from "@millrace/read-models/read-model";

/** Applies the events; where one leaves a gap, with those before it from the store. @throws as `apply` does. */
export async function applyWithoutGaps(
  tx: Tx,
  projection: Projection,
  { events, onGap }: { events: readonly ProjectedEvent[]; onGap(gap: EventGap): void },
): Promise<void> {
  try {
    await projection.apply(tx, events);
  } catch (error) {
    // Nothing has been written yet: a gap shows while the batch is folded.
    if (!(error instanceof EventGap)) throw error;
    onGap(error);
    await projection.apply(tx, await withHistories(tx, events));
  }
}

/** The batch with each stream's whole history up to its last event there. Where the store has less, as it came. */
async function withHistories(tx: Tx, batch: readonly ProjectedEvent[]): Promise<ProjectedEvent[]> {
  const highest = new Map<string, ProjectedEvent>();
  for (const each of batch) {
    const { stream, version } = each.event;
    if (version > (highest.get(stream)?.event.version ?? 0)) highest.set(stream, each);
  }
  const histories = await readHistories(tx, [...highest.keys()]);
  return [...highest].flatMap(([stream, last]) => {
    const { partition, offset, event } = last;
    const history = (histories.get(stream) ?? []).filter(({ version }) => version <= event.version);
    if (history.length < event.version) return batch.filter((each) => each.event.stream === stream);
    return history.map((each) => ({ event: each, partition, offset }));
  });
}

async function readHistories(tx: Tx, streams: readonly string[]): Promise<Map<string, StoredEvent[]>> {
  const rows = (await tx.execute(sql`
    select stream, version, type, schema_version as "schemaVersion",
      to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metadata::text, data::text
    from events where stream = any(array(select json_array_elements_text(${JSON.stringify(streams)}::text::json)))
    order by stream, version`)) as unknown as (Omit<StoredEvent, "metadata"> & { metadata: string })[];
  const events = rows.map((row) => ({
    ...row,
    metadata: JSON.parse(row.metadata) as StoredEvent["metadata"],
  }));
  return Map.groupBy(events, (event) => event.stream);
}
