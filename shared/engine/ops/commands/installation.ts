import type { Command } from "commander";
import { readHolder, takeInstallation } from "@millrace/kafka/installation";
import { installationId } from "@millrace/platform/installation";
import { confirm, YES } from "../confirm.ts";
import type { Context } from "../context.ts";
import type { Run } from "../program.ts";
import { printPairs } from "../table.ts";

export function addInstallation(program: Command, run: Run): void {
  program
    .command("installation")
    .description("which installation this database is, and whose Kafka's topics and groups are")
    .option("--take", "give Kafka's names to this one, where the other is gone for good")
    .option(...YES)
    .addHelpText(
      "after",
      "\nExit code 1 where they are another one's: nothing of this one starts then.\nTwo that run under the same names each take a part of the other's records, so take them only from one that has ended.\n",
    )
    .action(({ take }: { take?: boolean }, command: Command) =>
      run(command, async (context) => {
        if (take) await takeOver(context);
        const [installation, holder] = await Promise.all([
          installationId(context.sql),
          readHolder(context.kafka, context.log),
        ]);
        const { KAFKA_BROKERS: brokers, MILLRACE_KAFKA_PREFIX: prefix } = context.config;
        const json = { installation, holder: holder ?? null, brokers, prefix };
        const text = printPairs([
          ["this database", installation],
          ["Kafka's names", holder ?? "nobody's yet"],
          ["brokers", brokers.join(", ")],
          ["prefix", prefix === "" ? "none" : prefix],
        ]);
        return { json, text, wrong: holder !== undefined && holder !== installation };
      }),
    );
}

async function takeOver(context: Context) {
  const { kafka, sql, log, config } = context;
  const [installation, holder] = await Promise.all([installationId(sql), readHolder(kafka, log)]);
  if (holder === installation) return;
  await confirm(
    context,
    `Kafka's topics and groups would be those of ${installation}; ${holder ?? "nobody"} has them now, and could not start again.`,
  );
  await takeInstallation({ sql, kafka, brokers: config.KAFKA_BROKERS, log });
}
