// What is promised against a peer that was asked in the same run: milliseconds and orders a second of their own say more
// of the machine than of Millrace.
import type { PeerName } from "./peers.ts";
import { ACCEPTED } from "./questions/accept.ts";
import { HOT } from "./questions/hot.ts";
import { ROWS_MADE } from "./questions/rebuild.ts";
import type { Summary } from "./report.ts";
import type { Credential } from "./with-access.ts";

interface Promised {
  readonly question: string;
  readonly figure: string;
  /** The peer's name for the same; left out where it is the same name. */
  readonly peerFigure?: string;
  /** How many times the peer's figure ours is. Without a bound it is printed and nothing is promised. */
  readonly times: Partial<Record<PeerName, { readonly atLeast: number } | { readonly atMost: number }>>;
}

const PROMISED: readonly Promised[] = [
  { question: "accept", figure: ACCEPTED, times: { express: { atLeast: 4 }, hops: { atLeast: 0.65 } } },
  { question: "accept", figure: "accepting, p99", times: { hops: { atMost: 1.4 } } },
  {
    question: "visible",
    figure: "visible, p50",
    peerFigure: "visible at rest, p50",
    times: { hops: { atMost: 1.2 } },
  },
  {
    question: "visible-under-load",
    figure: "visible, p50",
    peerFigure: "visible at 2,000/s, p50",
    times: { hops: { atMost: 1.5 } },
  },
  { question: "read", figure: "reads", times: { hops: { atLeast: 1.5 } } },
  { question: "hot", figure: HOT, peerFigure: ACCEPTED, times: { express: { atLeast: 3 } } },
];

export interface Ratio {
  readonly question: string;
  readonly figure: string;
  /** `open`: Millrace itself, that asks nobody who they are. */
  readonly peer: PeerName | "open";
  readonly times: number;
  readonly bound?: { readonly atLeast: number } | { readonly atMost: number };
  /** Undefined where nothing is promised. */
  readonly met?: boolean;
}

/** Medians against the medians of each peer that was asked, where both were measured. */
export function ratiosOf(summaries: readonly Summary[], peers: readonly PeerName[]): Ratio[] {
  return PROMISED.flatMap(({ question, figure, peerFigure = figure, times: bounds }) =>
    peers.flatMap((peer) => {
      const [own, theirs] = [medianOf(summaries, question, figure), medianOf(summaries, peer, peerFigure)];
      if (own === undefined || theirs === undefined) return [];
      const [times, bound] = [own / theirs, bounds[peer]];
      const ratio = { question, figure, peer, times };
      return bound ? { ...ratio, bound, met: isMet(times, bound) } : ratio;
    }),
  );
}

/** What knowing who asks may cost. */
const WITH_ACCESS = { accept: ACCEPTED, read: "reads" } as const;
const ACCESS_AT_LEAST = 0.93;

/** The question as it is asked by somebody who has to be known. */
export function byCredential(question: string, credential: Credential): string {
  return `${question} by ${credential}`;
}

/** Medians with access required against those without. */
export function accessRatios(summaries: readonly Summary[], credentials: readonly Credential[]): Ratio[] {
  return Object.entries(WITH_ACCESS).flatMap(([name, figure]) =>
    credentials.flatMap((credential) => {
      const question = byCredential(name, credential);
      const [own, open] = [medianOf(summaries, question, figure), medianOf(summaries, name, figure)];
      if (own === undefined || open === undefined) return [];
      const [times, bound] = [own / open, { atLeast: ACCESS_AT_LEAST }];
      return [{ question, figure, peer: "open" as const, times, bound, met: isMet(times, bound) }];
    }),
  );
}

/** A line each. */
export function printRatios(ratios: readonly Ratio[]): string[] {
  return ratios.map(({ question, figure, peer, times, bound, met }) => {
    const promised = bound ? ` (promised: ${said(bound)}, ${met ? "met" : "MISSED"})` : "";
    return `${question}: ${figure}, ${times.toFixed(2)} times ${peer}${promised}`;
  });
}

const REBUILT_AT_LEAST = 60_000;
/** Orders a second of `express` on a machine that is fast enough for it. */
const EXPRESS_AT_LEAST = 1_000;

/** What is promised of a rebuild, where `express` has said how fast the machine is. */
export function printRebuild(summaries: readonly Summary[]): string[] {
  const rebuilt = medianOf(summaries, "rebuild", ROWS_MADE);
  const express = medianOf(summaries, "express", ACCEPTED);
  if (rebuilt === undefined || express === undefined) return [];
  const [events, least] = [Math.round(rebuilt), REBUILT_AT_LEAST].map((n) => n.toLocaleString("en"));
  const isFast = express >= EXPRESS_AT_LEAST;
  const verdict = isFast
    ? `at least ${least}, ${rebuilt >= REBUILT_AT_LEAST ? "met" : "MISSED"}`
    : `nothing where express makes ${Math.round(express)} orders a second`;
  return [`rebuild: ${ROWS_MADE}, ${events} a second (promised: ${verdict})`];
}

function medianOf(summaries: readonly Summary[], question: string, figure: string): number | undefined {
  return summaries.find((summary) => summary.question === question && summary.figure === figure)?.median;
}

function isMet(times: number, bound: NonNullable<Ratio["bound"]>): boolean {
  return "atLeast" in bound ? times >= bound.atLeast : times <= bound.atMost;
}

function said(bound: NonNullable<Ratio["bound"]>): string {
  return "atLeast" in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
}
