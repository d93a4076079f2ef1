import { type LaneStatus, readLanes } from "@millrace/event-store/outbox-lanes";
import { count, duration } from "@millrace/platform/quantities";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Table } from "../parts/table.tsx";
import { Ago, Chip, Num } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

const EVERY_MS = 1_000;

export function relayPage({ sql }: PageContext): Page {
  return {
    path: "/relay",
    section: "Relay",
    live: { everyMs: EVERY_MS },
    async show() {
      const lanes = await askPostgres("reading lanes", readLanes(sql));
      const records = lanes.reduce((sum, lane) => sum + lane.records, 0);
      return {
        title: "Relay",
        about:
          "What the event store has committed and Kafka has yet to acknowledge, by lane of the outbox. One relay at a time holds a lane.",
        body: <Lanes lanes={lanes} records={records} />,
      };
    },
  };
}

function Lanes({ lanes, records }: { lanes: readonly LaneStatus[]; records: number }) {
  return (
    <>
      <p class="summary">{records === 0 ? "Nothing waits." : `${count(records)} records wait.`}</p>
      <Table
        caption="Lanes of the outbox"
        captionHidden
        rows={lanes}
        keyOf={({ lane }) => String(lane)}
        columns={[
          { title: "Lane", head: true, value: ({ lane }) => lane },
          {
            title: "State",
            value: ({ stuck, session, records: waiting }) => (
              <Chip tone={stuck ? "bad" : waiting > 0 ? "busy" : "good"}>
                {session === null ? "held by nobody" : stuck ? "stuck" : waiting > 0 ? "sending" : "level"}
              </Chip>
            ),
          },
          { title: "Session", right: true, value: ({ session }) => session ?? "–" },
          { title: "Held since", value: ({ heldSince }) => <Ago at={heldSince} /> },
          { title: "Entries", right: true, value: ({ entries }) => <Num value={entries} /> },
          { title: "Records", right: true, value: ({ records: waiting }) => <Num value={waiting} /> },
          {
            title: "Oldest",
            right: true,
            value: ({ entries, oldestMs }) => (entries === 0 ? "–" : duration(oldestMs)),
          },
        ]}
        empty="There are no lanes."
      />
    </>
  );
}
