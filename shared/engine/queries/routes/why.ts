// Why a row is as it is, from Postgres alone; `bun run ops why` finds the offsets of all its events in Kafka.
import * as v from "valibot";
import { problem } from "@millrace/http/problem";
import { type Answer, type Call, Printed, type Route } from "@millrace/http/route";
import { waitsOf } from "@millrace/projector/waits";
import { readWhyPage, whyRow } from "@millrace/read-models/why";
import { holdOf } from "@millrace/store/held-streams";
import { linkToNext } from "../documents.ts";
import { readQuery } from "../query-parameters.ts";
import { idOf, idParameter, notFound } from "./find-row.ts";
import { eventsParameters, eventsQuery, nextPage } from "./page-query.ts";
import { type EventsWish, eventsOf, type PastReads, versionOf } from "./stream-events.ts";

const text = v.string();
const number = v.pipe(v.number(), v.integer());
const anything = v.exactOptional(v.unknown());
const record = v.object({ topic: text, partition: number, offset: number });

const whyDocument = v.object({
  id: text,
  steps: v.array(
    v.object({
      version: number,
      event: text,
      command: v.exactOptional(text),
      at: text,
      actor: text,
      request: text,
      cause: text,
      traceId: v.exactOptional(text),
      record: v.exactOptional(record),
      changes: v.array(v.object({ path: text, before: anything, after: anything })),
    }),
  ),
  held: v.exactOptional(
    v.object({
      topic: text,
      partition: number,
      version: number,
      last: number,
      cause: text,
      since: text,
      attempts: number,
    }),
  ),
  waits: v.array(
    v.object({
      projection: text,
      for: v.picklist(["dead-letter", "newer-code", "partition"]),
      topic: text,
      partition: number,
      cause: text,
      records: number,
      letter: v.exactOptional(number),
    }),
  ),
  row: v.exactOptional(
    v.object({
      version: number,
      deleted: v.boolean(),
      partition: number,
      offset: number,
      behind: number,
      document: v.looseObject({}),
    }),
  ),
});

export function whyRoute(from: PastReads): Route {
  const { reads, model } = from;
  const { name, shown } = model;
  return {
    method: "GET",
    path: `/${name}/:id/why`,
    access: `${name}:explain`,
    tag: name,
    summary: `Why one ${shown.noun} is as it is`,
    description:
      "Request, command, event, record and row, and what each event changed; as `held`, why Kafka does not take some of its events, and as `waits`, what those that Kafka has wait for. A record's place is known for the event that changed the row last; `bun run ops why` looks the others up in Kafka.",
    parameters: [idParameter(model), ...eventsParameters],
    responses: [
      {
        status: 200,
        description: "One page of its events, oldest first, and its row",
        schema: whyDocument,
        optionalHeaders: nextPage,
      },
    ],
    problems: [notFound(model), "newer_schema", "postgres_unavailable"],
    async handle(call) {
      const query = readQuery(eventsQuery, call.request.url);
      if (!query.ok) return query.problem;
      return reads.answers.read(call.request, () => whyAnswer(from, call, query.value));
    },
  };
}

/** It has no ETag: the row may change later at the same version, as it comes level with its events. */
async function whyAnswer({ reads, model, past }: PastReads, call: Call, wish: EventsWish): Promise<Answer> {
  const id = idOf(call);
  const page = await readWhyPage(past, eventsOf(reads, model, id), wish);
  const last = page.events.at(-1)?.version;
  const lastVersion = last === undefined || page.more ? await versionOf(reads, model, id) : last;
  if (lastVersion === undefined) return problem(notFound(model));
  const [why, held, waits] = await Promise.all([
    whyRow(reads.sql, past, { id, page, lastVersion }),
    holdOf(reads.sql, model.streamPrefix + id),
    waitsOf(reads.sql, past.source.topic, id),
  ]);
  const headers = page.more ? linkToNext(call.request, { after: String(last) }) : {};
  const body = { ...why, ...(held ? { held } : {}), waits };
  return { status: 200, headers, body: new Printed(JSON.stringify(body)) };
}
