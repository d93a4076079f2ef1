// What a rebuild's comparison has found.
import { count } from "@millrace/platform/quantities";
import type { DifferenceKind } from "@millrace/rebuild/compare";
import type { ProjectionStatus } from "@millrace/rebuild/manage";
import { Table } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";

type Comparison = NonNullable<NonNullable<ProjectionStatus["rebuild"]>["comparison"]>;

const SHOWN_MAX = 20;

const MEANINGS: Record<DifferenceKind, string> = {
  missing: "the live model lacks the row",
  extra: "the event store knows no such row",
  different: "not what its events make it",
  behind: "the live row lacks events",
  "copy-behind": "the new row lacks events",
  unreadable: "the row can't be made of its events",
};

export function Differences({ comparison }: { comparison: Comparison }) {
  const { rows, ranges, rangesEqual, differences, sums } = comparison;
  const wrong = [...sums.live.map((each) => `Live ${each}`), ...sums.copy.map((each) => `New ${each}`)];
  return (
    <>
      <p class="summary">
        Compared {count(rows.live)} live rows with {count(rows.copy)}: {rangesEqual} of {ranges} ranges had
        the same checksum{differences.length === 0 ? ", and nothing differs" : ""}.
      </p>
      {wrong.map((each) => (
        <p class="notice warn">{each}</p>
      ))}
      {differences.length > 0 && (
        <Table
          caption={`${count(differences.length)} keys differ${differences.length > SHOWN_MAX ? `; the first ${SHOWN_MAX}` : ""}`}
          rows={differences.slice(0, SHOWN_MAX)}
          keyOf={({ id }) => id}
          columns={[
            { title: "Id", head: true, value: ({ id }) => <Id value={id} /> },
            { title: "Live version", right: true, value: ({ liveVersion }) => liveVersion ?? "–" },
            { title: "New version", right: true, value: ({ copyVersion }) => copyVersion ?? "–" },
            { title: "What", value: ({ kind }) => MEANINGS[kind] },
          ]}
          empty=""
        />
      )}
    </>
  );
}
