// An order's events for its readers, in pages: a stream may have any number of them, of any size.

import * as v from "valibot";
import type { RecordedEvent } from "@millrace/events/envelope";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { documentAnswer, linkToNext } from "@millrace/queries/documents";
import { readQuery } from "@millrace/queries/query-parameters";
import type { Reads } from "@millrace/queries/reads";
import { idOf, ifNoneMatch, itsVersion } from "@millrace/queries/routes/find-row";
import { eventsParameters, eventsQuery, nextPage } from "@millrace/queries/routes/page-query";
import { READ_BYTES_MAX } from "@millrace/read-models/within-bytes";
import { historyDocument } from "../../documents.ts";
import { fromMinorUnits } from "../../money.ts";
import { orderCodec } from "../codec.ts";
import type { OrderEvent } from "../events.ts";
import { orderProblems } from "../problems.ts";
import { lineInDecimals } from "../read-model/document.ts";
import { orderEvents, orderVersion } from "./events.ts";

export function orderHistoryRoutes(reads: Reads, currency: string): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/:id/history",
      access: "orders:read",
      tag: "orders",
      summary: "What happened to an order, oldest first",
      description: "Who did it, when and why. A deleted order keeps its history.",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: v.string(), required: true },
        ...eventsParameters,
        ifNoneMatch,
      ],
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
      problems: [orderProblems.order_not_found, "newer_schema", "postgres_unavailable"],
      async handle(call) {
        const query = readQuery(eventsQuery, call.request.url);
        if (!query.ok) return query.problem;
        return reads.answers.read(call.request, () =>
          historyAnswer(reads, call, { ...query.value, currency }),
        );
      },
    },
  ];
}

interface Wanted {
  readonly limit: number;
  readonly after: number | undefined;
  readonly currency: string;
}

async function historyAnswer(reads: Reads, call: Call, wanted: Wanted): Promise<Answer> {
  const id = idOf(call);
  const { entries, last, more } = await historyPage(reads, id, wanted);
  const version = last === undefined || more ? await orderVersion(reads, id) : last;
  if (version === undefined) return problem(orderProblems.order_not_found);
  const answer = documentAnswer(call.request, version, `[${entries.join(",")}]`);
  if (!more || last === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, ...linkToNext(call.request, { after: String(last) }) } };
}

interface HistoryPage {
  /** JSON texts. */
  readonly entries: readonly string[];
  /** Version of the last one. */
  readonly last: number | undefined;
  readonly more: boolean;
}

async function historyPage(reads: Reads, id: string, wanted: Wanted): Promise<HistoryPage> {
  const { limit, after, currency } = wanted;
  const entries: string[] = [];
  let last: number | undefined;
  let bytes = 0;
  for await (const events of orderEvents(reads, id, after)) {
    for (const event of events) {
      if (entries.length === limit) return { entries, last, more: true };
      const entry = JSON.stringify(historyEntry(orderCodec.decode(event), currency));
      bytes += Buffer.byteLength(entry);
      if (entries.length > 0 && bytes > READ_BYTES_MAX) return { entries, last, more: true };
      entries.push(entry);
      last = event.version;
    }
  }
  return { entries, last, more: false };
}

function historyEntry({ type, data, version, at, metadata }: RecordedEvent<OrderEvent>, currency: string) {
  const { actor, causationId, correlationId } = metadata;
  return {
    type,
    version,
    at,
    actor,
    causationId,
    correlationId,
    data: inDecimals({ type, data } as OrderEvent, currency),
  };
}

function inDecimals(event: OrderEvent, currency: string): unknown {
  switch (event.type) {
    case "OrderCreated":
    case "OrderChanged": {
      const { lines, amount } = event.data;
      return {
        ...event.data,
        lines: lines.map((line) => lineInDecimals(line, currency)),
        amount: fromMinorUnits(amount, currency),
      };
    }
    case "OrderShipped":
    case "OrderDelivered":
    case "OrderCancelled":
    case "OrderDeleted":
    case "OrderPaymentRecorded":
      return event.data;
  }
}
