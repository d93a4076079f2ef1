// Why an order is as it is. What Postgres knows; the offsets of all its events are for `bun run ops why`.
import * as v from "valibot";
import { streamName } from "@millrace/contract/envelope";
import { problem } from "@millrace/http/problem";
import type { Route } from "@millrace/http/route";
import { whyOrder } from "@millrace/read-models/orders/why";
import type { Reads } from "../reads.ts";
import { idOf } from "./find-row.ts";

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

export function orderWhyRoutes({ sql, events }: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/:id/why",
      tag: "orders",
      summary: "Why an order is as it is",
      description:
        "Request, command, event, record and row, and what each event changed. A record's place is known for the event that changed the row last; `bun run ops why` looks the others up in Kafka.",
      parameters: [{ name: "id", in: "path", description: "The order's id", schema: text, required: true }],
      responses: [
        {
          status: 200,
          description: "Its events, oldest first, and its row",
          schema: whyDocument,
        },
      ],
      problems: ["order_not_found"],
      async handle(call) {
        const id = idOf(call);
        // Postgres takes no such text, and a failed statement would fail the loads that share it.
        const stored =
          id.includes("\0") || !id.isWellFormed() ? [] : await events.load(streamName("order", id));
        if (stored.length === 0) return problem("order_not_found");
        // Without an ETag: the row comes level with the events later, at the same version.
        return { status: 200, headers: {}, body: await whyOrder(sql, id, stored) };
      },
    },
  ];
}
