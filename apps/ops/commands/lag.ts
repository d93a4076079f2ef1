import type { Command } from "commander";
import { topicOffsets } from "@millrace/kafka/admin";
import { groupPositions, listTopics } from "@millrace/kafka/topics";
import type { Context } from "../context.ts";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

export interface Lag {
  /** Where the place is kept: a projection's checkpoint in Postgres decides, a group's offset in Kafka may only tell. */
  readonly kind: "projection" | "group";
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  /** The next offset to be handled, and the next to be written. */
  readonly offset: number;
  readonly end: number;
  readonly lag: number;
}

export function addLag(program: Command, run: Run): void {
  program
    .command("lag")
    .description("how far everything that reads a topic is behind")
    .option("-b, --behind", "only what is behind")
    .addHelpText("after", "\nExit code 1 with --behind where anything is.\n")
    .action(({ behind }: { behind?: boolean }, command: Command) =>
      run(command, async (context) => {
        const all = await readLag(context);
        const json = behind ? all.filter(({ lag }) => lag > 0) : all;
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

export async function readLag({ sql, kafka }: Context): Promise<Lag[]> {
  const [checkpoints, groups, topics] = await Promise.all([
    sql<{ name: string; topic: string; partition: number; offset: string }[]>`
      select projection as name, topic, partition, "offset" from checkpoints
      where projection not like '%@previous' order by 1, 2, 3`,
    groupPositions(kafka),
    listTopics(kafka),
  ]);
  const ends = new Map<string, number>();
  for (const { topic } of topics) {
    for (const { partition, high } of await topicOffsets(kafka, topic))
      ends.set(`${topic}/${partition}`, high);
  }
  const lagOf = (kind: Lag["kind"], at: Omit<Lag, "kind" | "end" | "lag">): Lag => {
    const end = ends.get(`${at.topic}/${at.partition}`) ?? 0;
    return { kind, ...at, end, lag: Math.max(0, end - at.offset) };
  };
  return [
    ...checkpoints.map((row) => lagOf("projection", { ...row, offset: Number(row.offset) })),
    ...groups
      .filter(({ offset }) => offset !== undefined)
      .map(({ group, topic, partition, offset = 0 }) =>
        lagOf("group", { name: group, topic, partition, offset }),
      ),
  ];
}
