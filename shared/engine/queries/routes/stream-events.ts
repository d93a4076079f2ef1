// A row's events as the routes read them: page by page, never the stream at once.
import type { StoredEvent } from "@millrace/events/envelope";
import type { ReadModel } from "@millrace/read-models/read-model";
import { canBeText } from "@millrace/read-models/row-lookup";
import { lastVersion } from "@millrace/store/browse";
import type { Reads } from "../reads.ts";

/** Those after that version, the oldest first; none of what can't be an id. */
export async function* eventsOf(
  { events }: Reads,
  { streamPrefix }: ReadModel,
  id: string,
  after?: number,
): AsyncGenerator<readonly StoredEvent[]> {
  if (canBeText(id)) yield* events.pages(`${streamPrefix}${id}`, after);
}

/** Of the stream's last event; undefined where there never was such a stream. */
export async function versionOf(
  { sql }: Reads,
  { streamPrefix }: ReadModel,
  id: string,
): Promise<number | undefined> {
  return canBeText(id) ? lastVersion(sql, `${streamPrefix}${id}`) : undefined;
}
