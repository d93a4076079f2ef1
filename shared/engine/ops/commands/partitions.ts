import type { Command } from "commander";
import { duration } from "@millrace/platform/quantities";
import { readOwners } from "@millrace/projector/owners";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addPartitions(program: Command, run: Run): void {
  program
    .command("partitions")
    .description("which process owns which partition, since when, and at which offset")
    .addHelpText(
      "after",
      "\nAn owner is a host and a process id; a higher epoch fences off the owner before. Foreign records are those\nthat nobody of ours wrote: they were passed over. Keys that wait for newer code go on once it owns the partition.\n",
    )
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const json = await readOwners(sql);
        const ago = (time: string) => `${duration(Date.now() - Date.parse(time))} ago`;
        const text = printTable(
          json,
          [
            { title: "projection", value: (row) => row.projection, flexible: true },
            { title: "topic", value: (row) => row.topic, flexible: true },
            { title: "partition", value: (row) => row.partition, right: true },
            { title: "owner", value: (row) => row.owner, flexible: true },
            { title: "since", value: (row) => ago(row.since), right: true },
            { title: "epoch", value: (row) => row.epoch, right: true },
            { title: "offset", value: (row) => row.offset, right: true },
            { title: "parked keys", value: (row) => row.parkedKeys, right: true },
            { title: "waiting for newer code", value: (row) => row.waitingKeys, right: true },
            { title: "stands still", value: (row) => row.standsStill ?? undefined, flexible: true },
            { title: "foreign records", value: (row) => row.foreign, right: true },
            { title: "moved", value: (row) => ago(row.moved), right: true },
          ],
          "No partition has ever been claimed.",
        );
        return { json, text };
      }),
    );
}
