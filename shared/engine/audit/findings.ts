// What an audit found: reported once two looks have seen it, kept until a look sees it mended.
import type { Sql } from "@millrace/platform/postgres";

/**
 * row_differs    a row is not what its events make it
 * row_missing    a stream has no row, though its events have come past
 * row_behind     a row lacks events that have come past
 * row_extra      a row has no stream, or shows events that the store lacks
 * not_published  an event is neither in the outbox nor in Kafka
 * stream_unreadable
 *                a stream's events can't be read, or not be folded: what its row must be is not known
 * snapshot_differs
 *                a stream's snapshot is not what its events make it: what is decided on it may be wrong
 * sums_wrong     counters are not the sums of their rows
 */
export const FINDING_KINDS = [
  "row_differs",
  "row_missing",
  "row_behind",
  "row_extra",
  "not_published",
  "stream_unreadable",
  "snapshot_differs",
  "sums_wrong",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** A stream's name, or the table that it is about. */
  readonly subject: string;
  readonly detail: string;
}

/** Findings that are kept: past this, one more says nothing new. */
const KEPT_MAX = 1_000;

/** One of each kind and subject: two read models may find the same thing of one stream. */
export function distinctFindings(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.kind} ${finding.subject}`, finding])).values()];
}

/**
 * Replaces what is known of these subjects by what was found now: so all that there is to look at of a subject has to have
 * been looked at.
 */
export async function keepFindings(
  sql: Sql,
  subjects: readonly string[],
  findings: readonly Finding[],
): Promise<void> {
  if (subjects.length === 0 && findings.length === 0) return;
  const rows = JSON.stringify(distinctFindings(findings).slice(0, KEPT_MAX));
  await sql`
    with found as (
      select * from json_to_recordset(${rows}::text::json) as found(kind text, subject text, detail text)
    ), mended as (
      delete from public.audit_findings as kept
      where subject = any(array(select json_array_elements_text(${JSON.stringify(subjects)}::text::json)))
        and not exists (select from found where found.kind = kept.kind and found.subject = kept.subject)
    )
    insert into public.audit_findings (kind, subject, detail) select kind, subject, detail from found
    where (select count(*) from public.audit_findings) < ${KEPT_MAX}
    on conflict (kind, subject) do update set detail = excluded.detail, seen_at = now()`;
}

/** After everything was audited since then: what was not seen again is mended. */
export async function forgetUnseen(sql: Sql, since: string): Promise<void> {
  await sql`delete from public.audit_findings where seen_at < ${since}::timestamptz`;
}

export interface KeptFinding extends Finding {
  /** ISO 8601, UTC. */
  readonly foundAt: string;
  readonly seenAt: string;
}

/** The latest first. */
export async function keptFindings(sql: Sql): Promise<KeptFinding[]> {
  const rows = await sql<KeptFinding[]>`
    select kind, subject, detail,
      to_char(found_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "foundAt",
      to_char(seen_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "seenAt"
    from public.audit_findings order by found_at desc, kind, subject`;
  return [...rows];
}
