// Why an order is as it is. What Postgres knows; the offsets of all its events are for `bun run ops why`.

import * as v from "valibot";
import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { problem } from "@millrace/http/problem";
import { type Answer, type Call, Printed, type Route } from "@millrace/http/route";
import { waitsOf } from "@millrace/projector/waits";
import { linkToNext } from "@millrace/queries/documents";
import { readQuery } from "@millrace/queries/query-parameters";
import type { Reads } from "@millrace/queries/reads";
import { idOf } from "@millrace/queries/routes/find-row";
import { eventsParameters, eventsQuery, nextPage } from "@millrace/queries/routes/page-query";
import { eventsOf, versionOf } from "@millrace/queries/routes/stream-events";
import { holdOf } from "@millrace/store/held-streams";
import { orderProblems } from "../problems.ts";
import { ordersModel } from "../read-model/model.ts";
import { readWhyPage, whyOrder } from "../read-model/why.ts";

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
      command: text,
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

export function orderWhyRoutes(reads: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/:id/why",
      access: "orders:explain",
      tag: "orders",
      summary: "Why an order is as it is",
      description:
        "Request, command, event, record and row, and what each event changed; as `held`, why Kafka does not take some of its events, and as `waits`, what those that Kafka has wait for. A record's place is known for the event that changed the row last; `bun run ops why` looks the others up in Kafka.",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: text, required: true },
        ...eventsParameters,
      ],
      responses: [
        {
          status: 200,
          description: "One page of its events, oldest first, and its row",
          schema: whyDocument,
          optionalHeaders: nextPage,
        },
      ],
      problems: [orderProblems.order_not_found, "newer_schema", "postgres_unavailable"],
      async handle(call) {
        const query = readQuery(eventsQuery, call.request.url);
        if (!query.ok) return query.problem;
        return reads.answers.read(call.request, () => whyAnswer(reads, call, query.value));
      },
    },
  ];
}

/** Without an ETag: the row comes level with the events later, at the same version. */
async function whyAnswer(
  reads: Reads,
  call: Call,
  wanted: { limit: number; after: number | undefined },
): Promise<Answer> {
  const id = idOf(call);
  const page = await readWhyPage(eventsOf(reads, ordersModel, id), wanted);
  const last = page.events.at(-1)?.version;
  const lastVersion = last === undefined || page.more ? await versionOf(reads, ordersModel, id) : last;
  if (lastVersion === undefined) return problem(orderProblems.order_not_found);
  const [why, held, waits] = await Promise.all([
    whyOrder(reads.sql, { id, page, lastVersion }),
    holdOf(reads.sql, streamName("order", id)),
    waitsOf(reads.sql, topicOf("order"), id),
  ]);
  const headers = page.more ? linkToNext(call.request, { after: String(last) }) : {};
  const body = { ...why, ...(held ? { held } : {}), waits };
  return { status: 200, headers, body: new Printed(JSON.stringify(body)) };
}
