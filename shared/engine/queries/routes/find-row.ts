// One row for a request, at the version that it asks for.
import * as v from "valibot";
import { type NamedProblem, type ProblemCode, problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import type { FoundRow } from "@millrace/read-models/row-lookup";
import { orderProblems } from "@millrace/shop/order/problems";
import { paymentProblems } from "@millrace/shop/payment/problems";
import { userProblems } from "@millrace/shop/user/problems";
import { documentAnswer } from "../documents.ts";
import { describeQuery, wholeNumber } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import type { Projection } from "../version-waits.ts";
import { VERSION_MAX } from "./page-query.ts";

/** Long enough for a projection that is busy, short enough for a person who waits. */
const WAIT_MS_DEFAULT = 2_000;
/** Proxies give up on a silent answer after about a minute. */
const WAIT_MS_MAX = 30_000;
export const version = wholeNumber(1, VERSION_MAX);

export const waitQuery = {
  minVersion: v.optional(version),
  wait: v.optional(wholeNumber(0, WAIT_MS_MAX), String(WAIT_MS_DEFAULT)),
};

export const waitParameters = describeQuery(waitQuery, {
  minVersion:
    "Wait until this version, or a later one, can be read: the one that a write answered as its ETag",
  wait: `Longest wait for minVersion, milliseconds; ${WAIT_MS_DEFAULT} unless said, at most ${WAIT_MS_MAX}`,
});

/** What a read of one row may meet, whatever it is of. */
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

/** Undefined where there is no such row, or it is deleted. @throws what VersionWaits and RowLookup throw. */
export async function findRow(
  { lookups, waits }: Reads,
  projection: Projection,
  id: string,
  { minVersion, wait }: { minVersion: number | undefined; wait: number },
): Promise<FoundRow | undefined> {
  const row =
    minVersion === undefined
      ? await lookups[projection].find(id)
      : await waits.row(projection, { id, minVersion, waitMs: wait });
  return row?.deleted ? undefined : row;
}

/** The row as an answer; a document that is too large for a lookup is read by itself. @throws as `findRow`, `Answers` */
export async function rowAnswer(
  reads: Reads,
  projection: Projection,
  call: Call,
  wanted: { minVersion: number | undefined; wait: number },
): Promise<Answer | Response> {
  const { request } = call;
  const id = idOf(call);
  const row = await findRow(reads, projection, id, wanted);
  if (!row) return problem(NOT_FOUND[projection]);
  if (row.document !== null) return documentAnswer(request, row.version, row.document);
  return reads.answers.read(request, async () => {
    const whole = await reads.lookups[projection].whole(id);
    return !whole || whole.deleted
      ? problem(NOT_FOUND[projection])
      : documentAnswer(request, whole.version, whole.document);
  });
}

const NOT_FOUND = {
  orders: orderProblems.order_not_found,
  users: userProblems.user_not_found,
  payments: paymentProblems.payment_not_found,
} as const satisfies Record<Projection, NamedProblem>;

export function idOf({ context }: Call): string {
  return context.req.param("id") ?? "";
}
