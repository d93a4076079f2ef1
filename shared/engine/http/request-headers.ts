// What any request may say of itself, for the documentation; identify.ts reads it.
import * as v from "valibot";
import type { Parameter } from "./route.ts";

const text = v.string();

/** Read leniently: what can't be used counts as absent, so nothing here is ever refused. */
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
      "For whom a clerk, or a service with the scope act-as, does this: kept with the events beside who asked, and shown in the history. While access is open, who asks",
    schema: text,
  },
  {
    name: "traceparent",
    in: "header",
    description: "W3C trace context, carried on to every event that follows",
    schema: text,
  },
];
