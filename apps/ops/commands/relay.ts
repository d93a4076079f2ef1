import type { Command } from "commander";
import { readLanes } from "@millrace/event-store/outbox-lanes";
import { count, duration } from "@millrace/platform/quantities";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addRelay(program: Command, run: Run): void {
  program
    .command("relay")
    .description("the lanes of the outbox: who holds each, how much waits, and since when")
    .addHelpText(
      "after",
      "\nExit code 1 where a lane is held by nobody, or something waits for more than 5 s.\n",
    )
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const json = await readLanes(sql);
        const table = printTable(
          json,
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
        const records = json.reduce((sum, lane) => sum + lane.records, 0);
        const wrong = json.some((lane) => lane.stuck);
        return { json: { records, lanes: json }, text: `${table}\n\n${count(records)} records wait.`, wrong };
      }),
    );
}
