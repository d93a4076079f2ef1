// The outbox: what Kafka has yet to acknowledge, by lane, and the streams that it refuses.
import { count, duration } from "@millrace/platform/quantities";
import { type HeldSummary, summarizeHeld } from "@millrace/store/held-streams";
import { type LaneStatus, readLanes } from "@millrace/store/outbox-lanes";
import type { PageContext } from "../context.ts";
import { EACH_SECOND, type Page } from "../page.ts";
import { Table } from "../parts/table.tsx";
import { Ago, Chip, Num } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

export function relayPage({ sql }: PageContext): Page {
  return {
    path: "/relay",
    section: "Relay",
    live: EACH_SECOND,
    async show() {
      const [lanes, held] = await Promise.all([
        askPostgres("reading lanes", readLanes(sql)),
        askPostgres("reading what is set aside", summarizeHeld(sql)),
      ]);
      const records = lanes.reduce((sum, lane) => sum + lane.records, 0);
      return {
        title: "Relay",
        about:
          "Events that the event store has committed and Kafka has yet to acknowledge, by lane of the outbox. One relay at a time holds a lane.",
        body: (
          <>
            <Lanes lanes={lanes} records={records} />
            {held.streams > 0 && <HeldStreams held={held} />}
          </>
        ),
      };
    },
  };
}

function Lanes({ lanes, records }: { lanes: readonly LaneStatus[]; records: number }) {
  return (
    <>
      <p class="summary">
        {records === 0 ? "Nothing waits in the outbox." : `${count(records)} records wait.`}
      </p>
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

function HeldStreams({ held }: { held: HeldSummary }) {
  return (
    <>
      <p class="notice bad">
        Kafka refuses {count(held.events)} events of {count(held.streams)} streams. They are kept in the event
        store and tried again every few seconds: mend the cause, and they go on by themselves.
      </p>
      <Table
        caption="Streams that are set aside, the oldest first"
        rows={held.first}
        keyOf={({ stream }) => stream}
        columns={[
          { title: "Stream", head: true, value: ({ stream }) => stream },
          { title: "Topic", value: ({ topic }) => topic },
          { title: "From version", right: true, value: ({ version }) => <Num value={version} /> },
          { title: "To", right: true, value: ({ last }) => <Num value={last} /> },
          { title: "Since", value: ({ since }) => <Ago at={since} /> },
          { title: "Tries", right: true, value: ({ attempts }) => <Num value={attempts} /> },
          { title: "Cause", value: ({ cause }) => cause },
        ]}
        empty=""
      />
    </>
  );
}
