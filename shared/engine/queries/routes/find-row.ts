// One row for a request, at least at the version that the request asks for.
import * as v from "valibot";
import { hold } from "@millrace/http/hold";
import { type NamedProblem, problem } from "@millrace/http/problem";
import type { ProblemCode } from "@millrace/http/problem-codes";
import type { Answer, Call } from "@millrace/http/route";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { FoundRow } from "@millrace/read-models/row-lookup";
import { documentAnswer } from "../documents.ts";
import { describeQuery, wholeNumber } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import type { Wanted } from "../version-waits.ts";
import { VERSION_MAX } from "./page-query.ts";

/** Milliseconds of a wait unless said otherwise: enough for a busy projection, and not too many for a person. */
const WAIT_MS_DEFAULT = 2_000;
/** Longest wait, in ms: proxies give up on a silent answer after about a minute. */
const WAIT_MS_MAX = 30_000;
export const version = wholeNumber(1, VERSION_MAX);
export const wait = v.optional(wholeNumber(0, WAIT_MS_MAX), String(WAIT_MS_DEFAULT));
/** Description of `wait`. */
export const WAIT_MEANING = `milliseconds; ${WAIT_MS_DEFAULT} unless said, at most ${WAIT_MS_MAX}`;

export const waitQuery = { minVersion: v.optional(version), wait };

export const waitParameters = describeQuery(waitQuery, {
  minVersion:
    "Wait until this version, or a later one, can be read: the one that a write answered as its ETag",
  wait: `Longest wait for minVersion, ${WAIT_MEANING}`,
});

/** Problems of every read of one row. */
export const waitProblems: readonly ProblemCode[] = [
  "projection_behind",
  "postgres_unavailable",
  "shutting_down",
];

export const itsVersion = { ETag: "Its version" };

export const ifNoneMatch = {
  name: "If-None-Match",
  in: "header",
  description: "Versions that the client has, as ETags",
  schema: v.string(),
} as const;

interface WantedVersion {
  readonly minVersion: number | undefined;
  readonly wait: number;
}

/** Undefined where there is no such row, or it is deleted. @throws what VersionWaits, RowLookup and `hold` throw. */
export async function findRow(
  reads: Reads,
  { name }: ReadModel,
  call: Call,
  { minVersion, wait }: WantedVersion,
): Promise<FoundRow | undefined> {
  const id = idOf(call);
  const row =
    minVersion === undefined
      ? await reads.lookups.of(name).find(id)
      : await waitFor(reads, call, name, { id, minVersion, waitMs: wait });
  return row?.deleted ? undefined : row;
}

/** Waits for the row at that version, which counts against the waits of its caller. @throws as `VersionWaits` and `hold` */
export async function waitFor(
  { waits }: Reads,
  call: Call,
  projection: string,
  wanted: Omit<Wanted, "signal">,
): Promise<FoundRow> {
  const leave = hold(call, "waits");
  try {
    return await waits.row(projection, { ...wanted, signal: call.request.signal });
  } finally {
    leave();
  }
}

/** The row as an answer; a document that is too large for a lookup is read by itself. @throws as `findRow`, `Answers` */
export async function rowAnswer(
  reads: Reads,
  model: ReadModel,
  call: Call,
  wanted: WantedVersion,
): Promise<Answer | Response> {
  const { request } = call;
  const id = idOf(call);
  const row = await findRow(reads, model, call, wanted);
  if (!row) return problem(notFound(model));
  if (row.document !== null) return documentAnswer(request, row.version, row.document);
  return reads.answers.read(request, async () => {
    const whole = await reads.lookups.of(model.name).whole(id);
    return !whole || whole.deleted
      ? problem(notFound(model))
      : documentAnswer(request, whole.version, whole.document);
  });
}

/** The problem with which an aggregate of that name refuses commands, too. */
export function notFound({ shown: { noun } }: ReadModel): NamedProblem {
  const title = `${noun[0]?.toUpperCase()}${noun.slice(1)} not found`;
  return { code: `${noun}_not_found`, status: 404, title, detail: `There is no ${noun} with this id.` };
}

export function idOf({ context }: Call): string {
  return context.req.param("id") ?? "";
}

export function idParameter({ shown }: ReadModel) {
  return { name: "id", in: "path", description: shown.id, schema: v.string(), required: true } as const;
}
