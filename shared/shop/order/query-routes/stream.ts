import * as v from "valibot";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { describeQuery, readQuery } from "@millrace/queries/query-parameters";
import type { Reads } from "@millrace/queries/reads";
import { findRow, idOf, waitParameters, waitProblems, waitQuery } from "@millrace/queries/routes/find-row";
import { parsePosition } from "@millrace/queries/streams/position";
import { orderProblems } from "../problems.ts";
import type { Position } from "../read-model/changes.ts";

const position = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Position => {
    const parsed = parsePosition(dataset.value);
    if (parsed) return parsed;
    addIssue({ message: "Is no id that an event of this stream had" });
    return NEVER;
  }),
);

const resumeQuery = { lastEventId: v.optional(position) };

const resumeParameters = [
  {
    name: "Last-Event-ID",
    in: "header",
    description: "Resume after this event: every order that has changed since comes first, as it is now",
    schema: v.string(),
  },
  ...describeQuery(resumeQuery, { lastEventId: "The same, for clients that can't set headers" }),
] as const;

const events = {
  status: 200,
  description:
    "`event: order` with the document, `event: deleted` with id and version; ids resume the stream",
  contentType: "text/event-stream",
} as const;

export function orderStreamRoutes(reads: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/orders/stream",
      access: "orders:follow",
      tag: "orders",
      summary: "Orders as they change",
      description: "Server-sent events. A client that reads too slowly is dropped, and resumes where it was.",
      parameters: [...resumeParameters],
      responses: [events],
      problems: ["malformed_header", "invalid_query", "streams_full", "shutting_down"],
      handle({ request }) {
        const resume = readResume(request);
        return resume.ok ? reads.streams.open(request, resume.wish) : resume.problem;
      },
    },
    {
      method: "GET",
      path: "/orders/:id/stream",
      access: "orders:read",
      tag: "orders",
      summary: "One order as it changes",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: v.string(), required: true },
        ...waitParameters,
        ...resumeParameters,
      ],
      responses: [events],
      problems: [
        "malformed_header",
        orderProblems.order_not_found,
        "invalid_query",
        "streams_full",
        ...waitProblems,
      ],
      handle: (call) => oneOrder(reads, call),
    },
  ];
}

/** A client that resumes is told of a deletion, too; one that begins needs an order to follow. */
async function oneOrder(reads: Reads, call: Call): Promise<Answer | Response> {
  const { request } = call;
  const query = readQuery(waitQuery, request.url);
  if (!query.ok) return query.problem;
  const resume = readResume(request);
  if (!resume.ok) return resume.problem;
  const id = idOf(call);
  if (!resume.wish.resumeAt && !(await findRow(reads, "orders", id, query.value))) {
    return problem(orderProblems.order_not_found);
  }
  return reads.streams.open(request, { ...resume.wish, id });
}

type Resume =
  | { readonly ok: true; readonly wish: { readonly resumeAt?: Position } }
  | { readonly ok: false; readonly problem: Answer };

/** The header is newer than the URL that a client reconnects to. */
function readResume(request: Request): Resume {
  const header = request.headers.get("last-event-id");
  if (header !== null && header !== "") {
    const resumeAt = parsePosition(header);
    if (resumeAt) return { ok: true, wish: { resumeAt } };
    const detail = "Last-Event-ID is no id that an event of this stream had.";
    return { ok: false, problem: problem("malformed_header", { detail }) };
  }
  const query = readQuery(resumeQuery, request.url);
  if (!query.ok) return query;
  const { lastEventId } = query.value;
  return { ok: true, wish: lastEventId ? { resumeAt: lastEventId } : {} };
}
