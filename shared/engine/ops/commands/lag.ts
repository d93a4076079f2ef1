import type { Command } from "commander";
import type { Sql } from "@millrace/platform/postgres";
import { readLag } from "@millrace/projector/lag";
import { readHeldLag } from "@millrace/store/held-streams";
import { outboxDepth } from "@millrace/store/outbox";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export function addLag(program: Command, run: Run): void {
  program
    .command("lag")
    .description("how far everything that reads a topic is behind, and what has yet to reach Kafka")
    .option("-b, --behind", "only what of Millrace is behind")
    .addHelpText(
      "after",
      "\nExit code 1 with --behind where anything is. Only checkpoints, the place in the commands' topic and what has yet to reach\nKafka decide that: other people's groups don't, and those of the projector and the processes repeat their checkpoints.\n",
    )
    .action(({ behind }: { behind?: boolean }, command: Command) =>
      run(command, async (context) => {
        const [lags, unsent] = await Promise.all([readLag(context), readUnsent(context.sql)]);
        const all = [...unsent, ...lags];
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

/** What no reader can be behind with yet: Kafka has to get it first. None where it has all. */
async function readUnsent(sql: Sql) {
  const [{ records }, held] = await Promise.all([outboxDepth(sql), readHeldLag(sql)]);
  const of = (name: string, topic: string, partition: number, lag: number) => ({
    ...{ kind: "relay" as const, name, topic, partition, offset: 0, end: lag, lag, decides: true },
  });
  return [
    ...(records > 0 ? [of("outbox", "any", 0, records)] : []),
    ...held.map(({ topic, partition, events }) => of("set aside", topic, partition, events)),
  ];
}
