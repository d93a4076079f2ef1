// An order as it was, from its events: the one thing that rows don't keep.

import type { StoredEvent } from "@millrace/events/envelope";
import { problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import { documentAnswer } from "@millrace/queries/documents";
import type { Reads } from "@millrace/queries/reads";
import { idOf } from "@millrace/queries/routes/find-row";
import { timesOf } from "@millrace/read-models/row-times";
import { orderCodec } from "../codec.ts";
import { orderDecider } from "../decide.ts";
import { orderProblems } from "../problems.ts";
import { printContent, printDocument } from "../read-model/document.ts";
import type { OrderState } from "../state.ts";
import { orderEvents, orderVersion } from "./events.ts";

interface Moment {
  readonly version: number | undefined;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string | undefined;
}

/** The order as it was at the moment, in the form that it has today; 404 where there was none. */
export async function orderAsOf(reads: Reads, call: Call, moment: Moment): Promise<Answer> {
  const id = idOf(call);
  const past = await fold(orderEvents(reads, id), moment);
  const { version, state } = past;
  // Both bounds hold where both are named, and there is nothing at a version that the order has not come to.
  const reached =
    moment.version === undefined ||
    moment.version <= version ||
    moment.version <= ((await orderVersion(reads, id)) ?? 0);
  if (!reached || !past.times || !state.exists || state.deleted) {
    return problem(orderProblems.order_not_found, { detail: "There was no order with this id then." });
  }
  const { status, payment, content, currency } = state;
  const life = { id, status, payment, version, ...past.times };
  return documentAnswer(call.request, version, printDocument(life, printContent(content, currency)));
}

interface Past {
  readonly version: number;
  readonly state: OrderState;
  /** Absent before the first event. */
  readonly times?: ReturnType<typeof timesOf>;
}

/**
 * Up to the first event past the moment, and not one of those after it: an event's time is its clock's, and what comes
 * later in the stream was decided on all that stands before it.
 */
async function fold(pages: AsyncIterable<readonly StoredEvent[]>, { version, at }: Moment): Promise<Past> {
  let past: Past = { version: 0, state: orderDecider.initialState };
  for await (const page of pages) {
    for (const event of page) {
      if (version !== undefined && event.version > version) return past;
      if (at !== undefined && event.at > at) return past;
      const state = orderDecider.evolve(past.state, orderCodec.decode(event));
      past = { version: event.version, state, times: timesOf(past.times, event.at) };
    }
  }
  return past;
}
