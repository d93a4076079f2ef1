// An order's events as the routes read them: page by page, never the stream at once.
import { type StoredEvent, streamName } from "@millrace/events/envelope";
import type { Reads } from "@millrace/queries/reads";
import { canBeText } from "@millrace/read-models/row-lookup";
import { lastVersion } from "@millrace/store/browse";

/** Those after that version, the oldest first; none of what can't be an order. */
export async function* orderEvents(
  { events }: Reads,
  id: string,
  after?: number,
): AsyncGenerator<readonly StoredEvent[]> {
  if (canBeText(id)) yield* events.pages(streamName("order", id), after);
}

/** Of the order's last event; undefined where there never was such an order. */
export async function orderVersion({ sql }: Reads, id: string): Promise<number | undefined> {
  return canBeText(id) ? lastVersion(sql, streamName("order", id)) : undefined;
}
