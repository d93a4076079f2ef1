import type { Command } from "commander";
import type { Run } from "../program.ts";
import { duration, printTable } from "../table.ts";

interface Owned {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly moved: string;
  readonly epoch: number;
  readonly offset: number;
}

export function addPartitions(program: Command, run: Run): void {
  program
    .command("partitions")
    .description("which process owns which partition, since when, and at which offset")
    .addHelpText(
      "after",
      "\nAn owner is a host and a process id; a higher epoch fences off whoever was before.\n",
    )
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const rows = await sql<(Omit<Owned, "epoch" | "offset"> & { epoch: string; offset: string })[]>`
          select projection, topic, partition, owner, epoch, "offset",
            to_char(claimed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since,
            to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as moved
          from checkpoints order by projection, topic, partition`;
        const json: Owned[] = rows.map((row) => ({
          ...row,
          epoch: Number(row.epoch),
          offset: Number(row.offset),
        }));
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
            { title: "moved", value: (row) => ago(row.moved), right: true },
          ],
          "No partition has ever been claimed.",
        );
        return { json, text };
      }),
    );
}
