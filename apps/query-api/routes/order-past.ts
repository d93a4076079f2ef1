// An order's past, from its events: the one thing that rows don't keep.
import * as v from "valibot";
import { type RecordedEvent, streamName } from "@millrace/contract/envelope";
import { orderCodec } from "@millrace/contract/order-codec";
import { fold } from "@millrace/domain/decider";
import { fromMinorUnits } from "@millrace/domain/money";
import { orderDecider } from "@millrace/domain/order/decide";
import type { OrderEvent } from "@millrace/domain/order/events";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { lineInDecimals, printContent, printDocument } from "@millrace/read-models/orders/document";
import { documentAnswer } from "../documents.ts";
import type { Reads } from "../reads.ts";
import { idOf, ifNoneMatch, itsVersion } from "./find-row.ts";
import { historyDocument } from "./schemas.ts";

export function orderHistoryRoutes(reads: Reads, currency: string): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/:id/history",
      tag: "orders",
      summary: "What happened to an order, oldest first",
      description: "Who did it, when and why. A deleted order keeps its history.",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: v.string(), required: true },
        ifNoneMatch,
      ],
      responses: [
        {
          status: 200,
          description: "Its events",
          schema: historyDocument,
          headers: itsVersion,
        },
        { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
      ],
      problems: ["order_not_found", "newer_schema", "postgres_unavailable"],
      async handle(call) {
        const events = await eventsOf(reads, idOf(call));
        const last = events.at(-1);
        if (!last) return problem("order_not_found");
        return documentAnswer(
          call.request,
          last.version,
          JSON.stringify(events.map((event) => historyEntry(event, currency))),
        );
      },
    },
  ];
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

interface Moment {
  readonly version: number | undefined;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string | undefined;
}

/** The order as it was at the moment, in the form that it has today; 404 where there was none. */
export async function orderAsOf(reads: Reads, call: Call, moment: Moment): Promise<Answer | Response> {
  const id = idOf(call);
  const events = eventsUntil(await eventsOf(reads, id), moment);
  const state = fold(orderDecider, events);
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last || !state.exists || state.deleted) {
    return problem("order_not_found", { detail: "There was no order with this id then." });
  }
  const { status, payment, content, currency } = state;
  const { version } = last;
  const life = { id, status, payment, version, createdAt: first.at, updatedAt: last.at };
  return documentAnswer(call.request, version, printDocument(life, printContent(content, currency)));
}

/** Nothing for a version that the order has not come to. Both bounds hold where both are named. */
function eventsUntil(
  events: readonly RecordedEvent<OrderEvent>[],
  { version, at }: Moment,
): readonly RecordedEvent<OrderEvent>[] {
  if (version !== undefined && version > events.length) return [];
  return events.filter(
    (event) => (version === undefined || event.version <= version) && (at === undefined || event.at <= at),
  );
}

async function eventsOf({ events }: Reads, id: string): Promise<RecordedEvent<OrderEvent>[]> {
  // Postgres takes no such text, and a failed statement would fail the loads that share it.
  if (id.includes("\0") || !id.isWellFormed()) return [];
  const stored = await events.load(streamName(orderDecider.category, id));
  return stored.map((event) => orderCodec.decode(event));
}
