import type { Command } from "commander";
import { createLoader } from "@millrace/event-store/load";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addEvents(program: Command, run: Run): void {
  program
    .command("events <stream>")
    .description("a stream's events, the oldest first")
    .addHelpText(
      "after",
      `
A stream is a category and an id: order-A-1, payment-A-1, user-1.

Examples:
  bun run ops events order-A-1
  bun run ops events order-A-1 --json
`,
    )
    .action((stream: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        const stored = await createLoader(sql).load(stream);
        const json = stored.map((event) => ({ ...event, data: JSON.parse(event.data) as unknown }));
        const text = printTable(
          stored,
          [
            { title: "version", value: (event) => event.version, right: true },
            { title: "at", value: (event) => event.at },
            { title: "type", value: (event) => event.type },
            { title: "actor", value: (event) => event.metadata.actor, flexible: true },
            { title: "data", value: (event) => event.data, flexible: true },
          ],
          `There is no stream ${stream}.`,
        );
        return { json, text, wrong: stored.length === 0 };
      }),
    );
}
