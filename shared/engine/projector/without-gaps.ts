// Where Kafka has a gap, the store does not: a batch with an event that does not follow its row is brought level
// from the event store, in the same transaction. That happens only where a topic was created anew or has forgotten
// too early; the log names it, since otherwise it would hide a bug.

import { driverUnder, type Tx } from "@millrace/platform/postgres";
import { EventGap, type ProjectedEvent, type Projection } from "@millrace/read-models/read-model";
import { createLoader } from "@millrace/store/load";

/** Applies the events, where one leaves a gap after those that the store has before it. @throws as `apply` does */
export async function applyWithoutGaps(
  tx: Tx,
  projection: Projection,
  { events, onGap }: { events: readonly ProjectedEvent[]; onGap(gap: EventGap): void },
): Promise<void> {
  /** Streams that were brought level: what is still a gap in one of them is a gap in the store as well. */
  const closed = new Set<string>();
  for (;;) {
    try {
      await projection.apply(tx, events);
      return;
    } catch (error) {
      // Nothing of the batch has been written yet: a gap shows while it is folded.
      if (!(error instanceof EventGap) || closed.has(error.event.stream)) throw error;
      onGap(error);
      closed.add(error.event.stream);
      await closeGap(tx, projection, events, error);
    }
  }
}

/** Page by page, however long the stream is. Its row says that it comes from where the event in the batch does. */
async function closeGap(
  tx: Tx,
  projection: Projection,
  batch: readonly ProjectedEvent[],
  { event, rowVersion }: EventGap,
): Promise<void> {
  const at = batch.find((each) => each.event === event) as ProjectedEvent;
  for await (const page of createLoader(driverUnder(tx)).pages(event.stream, rowVersion)) {
    const missing = page.filter(({ version }) => version < event.version);
    await projection.apply(
      tx,
      missing.map((each) => ({ ...at, event: each })),
    );
    if (missing.length < page.length) return;
  }
}
