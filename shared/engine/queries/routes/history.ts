// The history of a row: its events in pages, since a stream may have any number of them, of any size.
import * as v from "valibot";
import type { StoredEvent } from "@millrace/events/envelope";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { READ_BYTES_MAX } from "@millrace/read-models/within-bytes";
import { documentAnswer, linkToNext } from "../documents.ts";
import { readQuery } from "../query-parameters.ts";
import { idOf, idParameter, ifNoneMatch, itsVersion, notFound } from "./find-row.ts";
import { eventsParameters, eventsQuery, nextPage } from "./page-query.ts";
import { type EventsWish, eventsOf, type PastReads, versionOf } from "./stream-events.ts";

const text = v.string();

const historyDocument = v.array(
  v.object({
    type: text,
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
    at: v.pipe(text, v.isoTimestamp()),
    actor: text,
    authn: v.exactOptional(text),
    onBehalfOf: v.exactOptional(text),
    causationId: text,
    correlationId: text,
    data: v.looseObject({}),
  }),
);

export function historyRoute(from: PastReads): Route {
  const { reads, model } = from;
  const { noun } = model.shown;
  return {
    method: "GET",
    path: `/${model.name}/:id/history`,
    access: `${model.name}:read`,
    tag: model.name,
    summary: `What happened to one ${noun}, oldest first`,
    description: `Who did it, when and why. A deleted ${noun} keeps its history.`,
    parameters: [idParameter(model), ...eventsParameters, ifNoneMatch],
    responses: [
      {
        status: 200,
        description: "One page of its events",
        schema: historyDocument,
        headers: itsVersion,
        optionalHeaders: nextPage,
      },
      { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
    ],
    problems: [notFound(model), "newer_schema", "postgres_unavailable"],
    async handle(call) {
      const query = readQuery(eventsQuery, call.request.url);
      if (!query.ok) return query.problem;
      return reads.answers.read(call.request, () => historyAnswer(from, call, query.value));
    },
  };
}

async function historyAnswer(from: PastReads, call: Call, wish: EventsWish): Promise<Answer> {
  const { reads, model } = from;
  const id = idOf(call);
  const { entries, last, more } = await historyPage(from, { id, call, ...wish });
  const version = last === undefined || more ? await versionOf(reads, model, id) : last;
  if (version === undefined) return problem(notFound(model));
  const answer = documentAnswer(call.request, version, `[${entries.join(",")}]`);
  if (!more || last === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, ...linkToNext(call.request, { after: String(last) }) } };
}

interface HistoryPage {
  /** JSON texts. */
  readonly entries: readonly string[];
  /** Version of the last entry. */
  readonly last: number | undefined;
  readonly more: boolean;
}

async function historyPage(
  { reads, model, past }: PastReads,
  { id, call, limit, after }: EventsWish & { readonly id: string; readonly call: Call },
): Promise<HistoryPage> {
  const entries: string[] = [];
  let last: number | undefined;
  let bytes = 0;
  for await (const events of eventsOf(reads, model, id, after)) {
    for (const event of events) {
      if (entries.length === limit) return { entries, last, more: true };
      const told = past.told(event, reads.currency);
      const entry = JSON.stringify({ ...historyEntry(event, call), data: told });
      bytes += Buffer.byteLength(entry);
      if (entries.length > 0 && bytes > READ_BYTES_MAX) return { entries, last, more: true };
      entries.push(entry);
      last = event.version;
    }
  }
  return { entries, last, more: false };
}

/** The actor that customers and guests are shown for whatever they did not do themselves. */
const THE_SHOP = "shop";

function historyEntry({ type, version, at, metadata }: StoredEvent, { grant, actor: asking }: Call) {
  const { actor, authn, onBehalfOf, causationId, correlationId } = metadata;
  const entry = { type, version, at, actor, causationId, correlationId };
  if (grant === "own") return actor === asking ? entry : { ...entry, actor: THE_SHOP };
  return {
    ...entry,
    ...(authn === undefined ? {} : { authn }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
  };
}
