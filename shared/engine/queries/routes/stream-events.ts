// A row's events as routes read them: page by page, never a whole stream at once.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Past, ReadModel } from "@millrace/read-models/read-model";
import { canBeText } from "@millrace/read-models/row-lookup";
import { lastVersion } from "@millrace/store/browse";
import type { Reads } from "../reads.ts";

/** A read model whose rows have a past, and where that is read from. */
export interface PastReads {
  readonly reads: Reads;
  readonly model: ReadModel;
  readonly past: Past<unknown>;
}

/** Part of a stream: at most `limit` events after a version. */
export interface EventsWish {
  readonly limit: number;
  readonly after: number | undefined;
}

/** The events after that version, the oldest first; none for what can't be an id. */
export async function* eventsOf(
  { events }: Reads,
  { streamPrefix }: ReadModel,
  id: string,
  after?: number,
): AsyncGenerator<readonly StoredEvent[]> {
  if (canBeText(id)) yield* events.pages(`${streamPrefix}${id}`, after);
}

/** Version of the stream's last event; undefined where there never was such a stream. */
export async function versionOf(
  { sql }: Reads,
  { streamPrefix }: ReadModel,
  id: string,
): Promise<number | undefined> {
  return canBeText(id) ? lastVersion(sql, `${streamPrefix}${id}`) : undefined;
}
