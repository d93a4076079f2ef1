// Medians with their spread, beside what is promised.
import type { Figure } from "./question.ts";
import { median } from "./statistics.ts";

export interface Summary {
  readonly question: string;
  readonly figure: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
  readonly target?: Figure["target"];
  /** Undefined where nothing is promised. */
  readonly met?: boolean;
}

export function summarize(question: string, runs: readonly (readonly Figure[])[]): Summary[] {
  const names = [...new Set(runs.flatMap((figures) => figures.map(({ name }) => name)))];
  return names.map((name) => {
    const figures = runs.flatMap((run) => run.filter((figure) => figure.name === name));
    const values = figures.map(({ value }) => value);
    const { unit, target } = figures[0] as Figure;
    const middle = median(values);
    const summary = {
      question,
      figure: name,
      unit,
      median: middle,
      least: Math.min(...values),
      most: Math.max(...values),
      runs: values.length,
    };
    if (!target) return summary;
    return {
      ...summary,
      target,
      met: "atMost" in target ? middle <= target.atMost : middle >= target.atLeast,
    };
  });
}

export function printTable(summaries: readonly Summary[]): string {
  const rows = summaries.map((summary) => [
    summary.question,
    summary.figure,
    `${short(summary.median)} ${summary.unit}`.trim(),
    `${short(summary.least)} to ${short(summary.most)}`,
    targetText(summary),
  ]);
  const table = [["question", "figure", "median", "spread", "promised"], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function targetText({ target, met }: Summary): string {
  if (!target) return "";
  const bound = "atMost" in target ? `≤ ${short(target.atMost)}` : `≥ ${short(target.atLeast)}`;
  return `${bound} ${met ? "met" : "MISSED"}`;
}

function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
