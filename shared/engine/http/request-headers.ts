// Headers that any request may have, for the documentation; identify.ts reads them.
import * as v from "valibot";
import type { Parameter } from "./route.ts";

const text = v.string();

/** A value that can't be used counts as absent, so none of these headers is ever refused. */
export const REQUEST_HEADERS: readonly Parameter[] = [
  {
    name: "X-Request-Id",
    in: "header",
    description: "This request's id, in the answer, the logs and the events; a new UUID without it",
    schema: text,
  },
  {
    name: "X-Correlation-Id",
    in: "header",
    description: "The id of the larger work that this belongs to; the request's id without it",
    schema: text,
  },
  {
    name: "X-Actor",
    in: "header",
    description:
      "For whom a clerk, or a service with the scope act-as, does this: kept with the events beside the sender, and shown in the history. While access is open, the sender itself",
    schema: text,
  },
  {
    name: "traceparent",
    in: "header",
    description: "W3C trace context, carried on to every event that follows",
    schema: text,
  },
];
