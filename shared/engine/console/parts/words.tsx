// Small things that stand on every page: numbers, times, ids, states, problems.
import type { Child } from "hono/jsx";
import { isProblemCode, PROBLEMS } from "@millrace/http/problem-codes";
import { Failure } from "@millrace/platform/failure";
import { count, duration } from "@millrace/platform/quantities";
import type { Tone } from "@millrace/read-models/shown";

/** Longer ids are shown by their ends: those made one after the other begin alike. */
const ID_SHOWN_MAX = 22;
const ID_TAIL = 8;

export const MARKS: Record<Tone, string> = { good: "●", warn: "▲", bad: "■", calm: "○", busy: "◐" };

/** A state, told by its word first: shape and colour only help. */
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

/** An instant: its clock time, and beside it how long ago, which a script keeps up. */
export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="none">never</span>;
  return (
    <time datetime={at} title={at} class="time">
      {clock(at)}
    </time>
  );
}

export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="none">never</span>;
  return (
    <time datetime={at} title={at} class="ago">
      {duration(Date.now() - Date.parse(at))} ago
    </time>
  );
}

/** All of it is in the page, for whoever copies or hears it; only what is seen is shortened. */
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

/** What could not be shown, by its stable code. */
export function ProblemNotice({ failure }: { failure: unknown }) {
  const code = codeOf(failure);
  const { title, detail } = PROBLEMS[code];
  return (
    <div class="notice bad" data-problem={code}>
      <p>
        <strong>{title}.</strong> {detail}
      </p>
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

/** 20 Nov 21:40:03.123; all times are UTC, which the foot of each page says. */
export function clock(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const iso = date.toISOString();
  // A year of more than four digits is what there is to see.
  if (iso.length > ISO_LENGTH) return iso;
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return `${day} ${iso.slice(11, 23)}`;
}
