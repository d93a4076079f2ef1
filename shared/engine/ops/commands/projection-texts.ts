// What the commands of rebuilds say.
import { count } from "@millrace/platform/quantities";
import type { Difference, DifferenceKind } from "@millrace/rebuild/compare";
import type { Comparison } from "@millrace/rebuild/compare-whole";
import type { ProjectionStatus } from "@millrace/rebuild/manage";
import type { RebuildResult } from "@millrace/rebuild/rebuild";
import type { SwitchOutcome } from "@millrace/rebuild/switch";
import { printTable } from "../table.ts";

/** Keys that are shown to a person; --json has all that are named. */
const SHOWN_MAX = 20;

export function statusText({ rebuild }: ProjectionStatus): string {
  if (!rebuild) return "-";
  const { phase, loaded, events, changedAt, comparison } = rebuild;
  const differ = comparison ? `, ${comparison.differences.length} keys differ` : "";
  switch (phase) {
    case "loading":
      return `loading, ${count(loaded)} of ${count(events)} events`;
    case "indexing":
      return "indexing";
    case "following":
      return `built${differ}`;
    case "switched":
      return `switched ${changedAt}${differ}`;
  }
}

export function rebuildOutput(result: RebuildResult, wantedSwitch: boolean) {
  const { projection, events, eventsPerSecond, comparison, outcome, resumed } = result;
  const switched = switchOutput(projection, outcome);
  const loaded = `${resumed ? "Went on and loaded" : "Loaded"} ${count(events)} events, ${count(eventsPerSecond)} a second.`;
  const fine = outcome.switched || (!wantedSwitch && outcome.differences.length === 0);
  const beside = `${projection}@next stands beside it: \`bun run ops projections switch ${projection}\` goes on.`;
  const ending = outcome.switched || wantedSwitch ? switched.text : beside;
  const { unequal, ...compared } = comparison;
  return {
    json: {
      projection,
      events,
      eventsPerSecond,
      resumed,
      ...compared,
      unequal: unequal.length,
      ...switched.json,
    },
    text: [loaded, comparisonText(comparison), ending].join("\n"),
    wrong: !fine,
  };
}

export function comparisonText({ ranges, rangesEqual, rows, sums }: Comparison): string {
  const lines = [
    `Compared ${count(rows.live)} live rows with ${count(rows.copy)}: ${rangesEqual} of ${ranges} ranges had the same checksum.`,
    ...sums.live.map((wrong) => `live ${wrong}`),
  ];
  return lines.join("\n");
}

export function switchOutput(projection: string, { switched, differences, sums }: SwitchOutcome) {
  const named = differenceTable(differences);
  const lines = [
    ...(differences.length > 0 ? [`${count(differences.length)} keys differ:`, named] : []),
    ...sums,
    switched
      ? `Switched. What was live before stands by: \`bun run ops projections back ${projection}\` returns to it, \`drop\` drops it.`
      : `Not switched. \`bun run ops projections switch ${projection} --accept-differences\` switches all the same, \`drop\` gives it up.`,
  ];
  return { json: { switched, differences, sums }, text: lines.join("\n"), wrong: !switched };
}

const MEANINGS: Record<DifferenceKind, string> = {
  missing: "the live model lacks the row",
  extra: "the event store knows no such row",
  different: "not what its events make it",
  behind: "the live row lacks events",
  "copy-behind": "the new row lacks events",
  unreadable: "the row can't be made of its events",
};

export function differenceTable(differences: readonly Difference[]): string {
  const table = printTable(
    differences.slice(0, SHOWN_MAX),
    [
      { title: "id", value: (row) => row.id, flexible: true },
      { title: "live", value: (row) => row.liveVersion ?? undefined, right: true },
      { title: "new", value: (row) => row.copyVersion ?? undefined, right: true },
      { title: "what", value: (row) => [MEANINGS[row.kind], row.cause].filter(Boolean).join(": ") },
    ],
    "",
  );
  const more = differences.length - SHOWN_MAX;
  return more > 0 ? `${table}\n… and ${count(more)} more; --json names them` : table;
}
