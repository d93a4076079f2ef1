// Rows as they change, as server-sent events.
import * as v from "valibot";
import { hold } from "@millrace/http/hold";
import { mayGoOn } from "@millrace/http/may-go-on";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import type { Position } from "@millrace/read-models/changes";
import type { ReadModel } from "@millrace/read-models/read-model";
import { describeQuery, readQuery } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import { POSITION, POSITION_LENGTH_MAX, parsePosition } from "../streams/position.ts";
import type { Wish } from "../streams/row-streams.ts";
import { findRow, idOf, idParameter, notFound, waitParameters, waitProblems, waitQuery } from "./find-row.ts";

const POSITION_MESSAGE = "Is no id that an event of this stream had";

/** OpenAPI has these bounds as they are here: every text that they allow is read. */
const positionText = v.pipe(
  v.string(),
  v.maxLength(POSITION_LENGTH_MAX, POSITION_MESSAGE),
  v.regex(POSITION, POSITION_MESSAGE),
);

const position = v.pipe(positionText, v.transform(parsePosition));

const resumeQuery = { lastEventId: v.optional(position) };

const resumeParameters = [
  {
    name: "Last-Event-ID",
    in: "header",
    description: "Resume after this event: all that has changed since comes first, as it is now",
    schema: positionText,
  },
  ...describeQuery(resumeQuery, { lastEventId: "The same, for clients that can't set headers" }),
] as const;

export function streamRoutes(reads: Reads, model: ReadModel): Route[] {
  const { name } = model;
  const { noun } = model.shown;
  const events = {
    status: 200,
    description: `\`event: ${noun}\` with the document, \`event: deleted\` with id and version; ids resume the stream`,
    contentType: "text/event-stream",
  } as const;
  return [
    {
      method: "GET",
      path: `/${name}/stream`,
      access: `${name}:follow`,
      tag: name,
      summary: `All ${name} as they change`,
      description: "Server-sent events. A client that reads too slowly is dropped, and resumes where it was.",
      parameters: [...resumeParameters],
      responses: [events],
      problems: ["malformed_header", "invalid_query", "streams_full", "shutting_down"],
      handle(call) {
        const resume = readResume(call.request);
        return resume.ok
          ? open(reads, model, call, { ...resume.wish, mayGoOn: mayGoOn(call, `${name}:follow`) })
          : resume.problem;
      },
    },
    {
      method: "GET",
      path: `/${name}/:id/stream`,
      access: `${name}:read`,
      tag: name,
      summary: `One ${noun} as it changes`,
      parameters: [idParameter(model), ...waitParameters, ...resumeParameters],
      responses: [events],
      problems: ["malformed_header", notFound(model), "invalid_query", "streams_full", ...waitProblems],
      handle: (call) => oneRow(reads, model, call),
    },
  ];
}

/** A client that resumes may follow a deleted row, to learn of the deletion; one that begins needs a row that is there. */
async function oneRow(reads: Reads, model: ReadModel, call: Call): Promise<Answer | Response> {
  const { request } = call;
  const query = readQuery(waitQuery, request.url);
  if (!query.ok) return query.problem;
  const resume = readResume(request);
  if (!resume.ok) return resume.problem;
  if (!resume.wish.resumeAt && !(await findRow(reads, model, call, query.value))) {
    return problem(notFound(model));
  }
  const goesOn = mayGoOn(call, `${model.name}:read`);
  return open(reads, model, call, { ...resume.wish, id: idOf(call), mayGoOn: goesOn });
}

/** Opens a stream, which counts against those of its caller. @throws as `RowStreams` and `hold` */
function open({ streams }: Reads, { name }: ReadModel, call: Call, wish: Wish): Response {
  const leave = hold(call, "streams");
  try {
    return streams.open(name, call.request, { ...wish, onOver: leave });
  } catch (error) {
    leave();
    throw error;
  }
}

type Resume =
  | { readonly ok: true; readonly wish: { readonly resumeAt?: Position } }
  | { readonly ok: false; readonly problem: Answer };

/** The header counts more than the URL: browsers reconnect to the URL that they began with. */
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
