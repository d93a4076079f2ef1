import type { Command } from "commander";
import { readStream } from "@millrace/store/browse";
import type { Examples } from "../examples.ts";
import { wholeNumber } from "../numbers.ts";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

/** Most events in one answer; `--after` asks for the next. */
const SHOWN_MAX = 1_000;

export function addEvents(program: Command, run: Run, { streams }: Examples): void {
  program
    .command("events <stream>")
    .description("a stream's events, the oldest first")
    .option("--after <version>", "start after this version of it", wholeNumber(0), 0)
    .addHelpText(
      "after",
      `
A stream is a category and an id: ${streams.join(", ")}. Shows up to ${SHOWN_MAX} events, fewer where they
are large, and says how to go on.

Examples:
  bun run ops events ${streams[0]}
  bun run ops events ${streams[0]} --json
`,
    )
    .action((stream: string, { after }: { after: number }, command: Command) =>
      run(command, async ({ sql }) => {
        const { events, more } = await readStream(sql, stream, { after, limit: SHOWN_MAX });
        const json = events.map((event) => ({ ...event, data: JSON.parse(event.data) as unknown }));
        const table = printTable(
          events,
          [
            { title: "version", value: (event) => event.version, right: true },
            { title: "at", value: (event) => event.at },
            { title: "type", value: (event) => event.type },
            { title: "actor", value: (event) => event.metadata.actor, flexible: true },
            { title: "data", value: (event) => event.data, flexible: true },
          ],
          after === 0
            ? `There is no stream ${stream}.`
            : `No event of ${stream} comes after version ${after}.`,
        );
        const last = events.at(-1)?.version;
        const text = more
          ? `${table}\n\nThere are later ones: bun run ops events ${stream} --after ${last}`
          : table;
        return { json, text, wrong: events.length === 0 };
      }),
    );
}
