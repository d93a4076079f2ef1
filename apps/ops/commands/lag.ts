import type { Command } from "commander";
import { readLag } from "@millrace/partitions/lag";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addLag(program: Command, run: Run): void {
  program
    .command("lag")
    .description("how far everything that reads a topic is behind")
    .option("-b, --behind", "only what of Millrace is behind")
    .addHelpText(
      "after",
      "\nExit code 1 with --behind where anything is. Only checkpoints and the place in the commands' topic decide that:\nother people's groups don't, and those of the projector and the payment service repeat their checkpoints.\n",
    )
    .action(({ behind }: { behind?: boolean }, command: Command) =>
      run(command, async (context) => {
        const all = await readLag(context);
        const json = behind ? all.filter(({ lag, decides }) => decides && lag > 0) : all;
        const text = printTable(
          json,
          [
            { title: "reader", value: (row) => `${row.kind} ${row.name}`, flexible: true },
            { title: "topic", value: (row) => row.topic, flexible: true },
            { title: "partition", value: (row) => row.partition, right: true },
            { title: "at", value: (row) => row.offset, right: true },
            { title: "end", value: (row) => row.end, right: true },
            { title: "lag", value: (row) => row.lag, right: true },
          ],
          behind ? "Nothing is behind." : "Nobody reads anything yet.",
        );
        return { json, text, wrong: behind === true && json.length > 0 };
      }),
    );
}
