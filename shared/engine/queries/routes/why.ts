// Why a row is as it is. What Postgres knows; the offsets of all its events are for `bun run ops why`.
import * as v from "valibot";
import { problem } from "@millrace/http/problem";
import { type Answer, type Call, Printed, type Route } from "@millrace/http/route";
import { waitsOf } from "@millrace/projector/waits";
import type { Past, ReadModel } from "@millrace/read-models/read-model";
import { readWhyPage, whyRow } from "@millrace/read-models/why";
import { holdOf } from "@millrace/store/held-streams";
import { linkToNext } from "../documents.ts";
import { readQuery } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import { idOf, idParameter, notFound } from "./find-row.ts";
import { eventsParameters, eventsQuery, nextPage } from "./page-query.ts";
import { eventsOf, versionOf } from "./stream-events.ts";

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

export function whyRoute(reads: Reads, model: ReadModel, past: Past<unknown>): Route {
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
      return reads.answers.read(call.request, () => whyAnswer({ reads, model, past }, call, query.value));
    },
  };
}

interface Asked {
  readonly reads: Reads;
  readonly model: ReadModel;
  readonly past: Past<unknown>;
}

/** Without an ETag: the row comes level with the events later, at the same version. */
async function whyAnswer(
  { reads, model, past }: Asked,
  call: Call,
  wanted: { limit: number; after: number | undefined },
): Promise<Answer> {
  const id = idOf(call);
  const page = await readWhyPage(past, eventsOf(reads, model, id), wanted);
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
