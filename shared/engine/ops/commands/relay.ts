import type { Command } from "commander";
import { count, duration } from "@millrace/platform/quantities";
import { type HeldStream, type HeldSummary, summarizeHeld } from "@millrace/store/held-streams";
import { readLanes } from "@millrace/store/outbox-lanes";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addRelay(program: Command, run: Run): void {
  program
    .command("relay")
    .description(
      "the lanes of the outbox: who holds each, how much waits, and since when; and what Kafka refuses",
    )
    .addHelpText(
      "after",
      "\nExit code 1 where a lane is held by nobody, something waits for more than 5 s, or a stream is set aside.\n",
    )
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const [lanes, held] = await Promise.all([readLanes(sql), summarizeHeld(sql)]);
        const table = printTable(
          lanes,
          [
            { title: "lane", value: (row) => row.lane, right: true },
            {
              title: "held by session",
              value: (row) => (row.session === null ? "nobody" : String(row.session)),
            },
            { title: "since", value: (row) => row.heldSince ?? undefined },
            { title: "entries", value: (row) => row.entries, right: true },
            { title: "records", value: (row) => row.records, right: true },
            {
              title: "oldest",
              value: (row) => (row.entries === 0 ? undefined : duration(row.oldestMs)),
              right: true,
            },
          ],
          "",
        );
        const records = lanes.reduce((sum, lane) => sum + lane.records, 0);
        return {
          json: { records, lanes, held },
          text: [table, `${count(records)} records wait.`, ...heldText(held)].join("\n\n"),
          wrong: held.streams > 0 || lanes.some((lane) => lane.stuck),
        };
      }),
    );
}

function heldText({ streams, events, first }: HeldSummary): string[] {
  if (streams === 0) return [];
  const table = printTable<HeldStream>(
    first,
    [
      { title: "stream", value: (row) => row.stream, flexible: true },
      { title: "topic", value: (row) => row.topic },
      { title: "from version", value: (row) => row.version, right: true },
      { title: "to", value: (row) => row.last, right: true },
      { title: "since", value: (row) => row.since },
      { title: "tries", value: (row) => row.attempts, right: true },
      { title: "cause", value: (row) => row.cause, flexible: true },
    ],
    "",
  );
  const said = `Kafka refuses events. They are set aside in the event store and tried again every few seconds: events ${count(events)}, streams ${count(streams)}. They go on by themselves once the cause is gone.`;
  return [streams > first.length ? `${said} The oldest:` : said, table];
}
