// Small things that stand on every page: numbers, times, ids, states, problems.
import type { Child } from "hono/jsx";
import { isProblemCode, PROBLEMS } from "@millrace/http/problem-codes";
import { Failure } from "@millrace/platform/failure";
import { count, duration } from "@millrace/platform/quantities";
import type { Tone } from "@millrace/read-models/shown";
import { recordHref } from "./links.ts";

/** Longer ids are shown by their ends: those made one after the other begin alike. */
const ID_SHOWN_MAX = 22;
const ID_TAIL = 8;

export const MARKS: Record<Tone, string> = { good: "●", warn: "▲", bad: "■", calm: "○", busy: "◐" };

/** A state. Its word says it; shape and colour only help. */
export function Chip({ tone, children }: { tone: Tone; children: Child }) {
  return (
    <span class={`chip ${tone}`}>
      <span aria-hidden="true">{MARKS[tone]}</span> {children}
    </span>
  );
}

export function Num({ value }: { value: number }) {
  return <span class="num">{count(value)}</span>;
}

/** An instant, in UTC, as the foot of each page says. `at`: any text that Date reads, such as ISO 8601 and Postgres' own. */
export function Time({ at }: { at: string | null | undefined }) {
  return at ? <Instant at={at} text={clock(at)} kind="time" /> : <span class="none">never</span>;
}

/** How long ago it was; the script keeps that up. */
export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="none">never</span>;
  return <Instant at={at} text={`${duration(Date.now() - Date.parse(at))} ago`} kind="ago" />;
}

function Instant({ at, text, kind }: { at: string; text: string; kind: "time" | "ago" }) {
  const date = new Date(at);
  const iso = Number.isNaN(date.getTime()) ? at : date.toISOString();
  return (
    <time datetime={iso} title={iso} class={kind}>
      {text}
    </time>
  );
}

export function When({ at }: { at: string }) {
  return (
    <>
      <Time at={at} /> · <Ago at={at} />
    </>
  );
}

/** The page holds the whole id, for those who copy or hear it; only what is seen is shortened. */
export function Id({ value, href }: { value: string; href?: string }) {
  const text =
    value.length > ID_SHOWN_MAX ? (
      <code class="id cut" title={value}>
        <span>{value.slice(0, -ID_TAIL)}</span>
        <span>{value.slice(-ID_TAIL)}</span>
      </code>
    ) : (
      <code class="id">{value}</code>
    );
  return href === undefined ? text : <a href={href}>{text}</a>;
}

/** A record by its place, which leads to it. */
export function RecordLink({ at }: { at: { topic: string; partition: number; offset: number } }) {
  return (
    <a href={recordHref(at)}>
      {at.topic} {at.partition} / <Num value={at.offset} />
    </a>
  );
}

/** What could not be shown, and its stable code. */
export function ProblemNotice({ failure }: { failure: unknown }) {
  const code = codeOf(failure);
  const { title, detail } = PROBLEMS[code];
  return (
    <Problem code={code}>
      <strong>{title}.</strong> {detail}
    </Problem>
  );
}

export function Problem({ code, children }: { code: string; children: Child }) {
  return (
    <div class="notice bad" data-problem={code}>
      <p>{children}</p>
      <p>
        <code>{code}</code>
      </p>
    </div>
  );
}

export function codeOf(failure: unknown): keyof typeof PROBLEMS {
  return failure instanceof Failure && isProblemCode(failure.code) ? failure.code : "internal_error";
}

const ISO_LENGTH = "2026-01-31T12:00:00.000Z".length;

/** 20 Nov 21:40:03.123 */
export function clock(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const iso = date.toISOString();
  // Of a year with more than four digits the year is what there is to see.
  if (iso.length > ISO_LENGTH) return iso;
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return `${day} ${iso.slice(11, 23)}`;
}
