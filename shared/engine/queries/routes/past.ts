// A row as it was at a version or a time, folded from its events.
import type { StoredEvent } from "@millrace/events/envelope";
import { problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import type { Past } from "@millrace/read-models/read-model";
import type { Row } from "@millrace/read-models/rows";
import { documentAnswer } from "../documents.ts";
import { idOf, notFound } from "./find-row.ts";
import { eventsOf, type PastReads, versionOf } from "./stream-events.ts";

interface Moment {
  readonly version: number | undefined;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string | undefined;
}

/** The document as it was at the moment, in the form that it has today; 404 where there was none. */
export async function asOf({ reads, model, past }: PastReads, call: Call, moment: Moment): Promise<Answer> {
  const id = idOf(call);
  const row = await fold(eventsOf(reads, model, id), past, moment);
  // Where both a version and a time are named, both hold; at a version that the stream has not come to, there is nothing.
  const reached =
    moment.version === undefined ||
    moment.version <= (row?.version ?? 0) ||
    moment.version <= ((await versionOf(reads, model, id)) ?? 0);
  if (!reached || !row || past.isDeleted(row)) {
    return problem(notFound(model), { detail: `There was no ${model.shown.noun} with this id then.` });
  }
  return documentAnswer(call.request, row.version, past.document(row));
}

/**
 * Ends at the first event past the moment. Later events may have an earlier time, since clocks differ, but they were decided
 * on all that stands before them.
 */
async function fold(
  pages: AsyncIterable<readonly StoredEvent[]>,
  past: Past<unknown>,
  { version, at }: Moment,
): Promise<Row<unknown> | undefined> {
  let row: Row<unknown> | undefined;
  for await (const page of pages) {
    for (const event of page) {
      if (version !== undefined && event.version > version) return row;
      if (at !== undefined && event.at > at) return row;
      row = past.next(row, { event, partition: 0, offset: 0 });
    }
  }
  return row;
}
