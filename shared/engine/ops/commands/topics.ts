import type { Command } from "commander";
import { createPublisher } from "@millrace/kafka/publish";
import { deleteTopic, describeTopic, listTopics, makeTopic } from "@millrace/kafka/topics";
import { count } from "@millrace/platform/quantities";
import { confirm, UsageError, YES } from "../confirm.ts";
import type { Examples } from "../examples.ts";
import { wholeNumber } from "../numbers.ts";
import type { Run } from "../program.ts";
import { printPairs, printTable } from "../table.ts";
import { noSuchTopic } from "./no-such-topic.ts";
import { addRefill } from "./refill.ts";
import { addTail } from "./tail.ts";

const PARTITIONS_MAX = 1_000;
const REPLICATION_MAX = 7;

export function addTopics(program: Command, run: Run, examples: Examples): void {
  const topics = program.command("topics").description("what Kafka holds");
  addList(topics, run);
  addDescribe(topics, run, examples);
  addCreate(topics, run);
  addDelete(topics, run);
  addProduce(topics, run);
  addRefill(topics, run);
  addTail(topics, run, examples);
}

function addList(topics: Command, run: Run): void {
  topics
    .command("list")
    .description("all topics but Kafka's own")
    .action((_options, command: Command) =>
      run(command, async ({ kafka }) => {
        const json = await listTopics(kafka);
        const text = printTable(
          json,
          [
            { title: "topic", value: (row) => row.topic, flexible: true },
            { title: "partitions", value: (row) => row.partitions, right: true },
            { title: "copies", value: (row) => row.replication, right: true },
            { title: "records", value: (row) => row.records ?? "unknown", right: true },
          ],
          "There are no topics.",
        );
        return { json, text };
      }),
    );
}

function addDescribe(topics: Command, run: Run, examples: Examples): void {
  topics
    .command("describe <topic>")
    .description("its partitions, offsets, copies and settings")
    .addHelpText("after", `\nExample:\n  bun run ops topics describe ${examples.topic}\n`)
    .action((topic: string, _options, command: Command) =>
      run(command, async ({ kafka }) => {
        const json = await describeTopic(kafka, topic);
        if (!json) return noSuchTopic(topic);
        const table = printTable(
          json.partitions,
          [
            { title: "partition", value: (row) => row.partition, right: true },
            { title: "first", value: (row) => row.low, right: true },
            { title: "next", value: (row) => row.high, right: true },
            { title: "records", value: (row) => row.high - row.low, right: true },
            { title: "leader", value: (row) => String(row.leader), right: true },
            {
              title: "in sync",
              value: (row) => `${row.inSync.length} of ${row.replicas.length}`,
              right: true,
            },
          ],
          "It has no partitions.",
        );
        const settings = Object.entries(json.settings);
        return { json, text: settings.length === 0 ? table : `${table}\n\n${printPairs(settings)}` };
      }),
    );
}

function addCreate(topics: Command, run: Run): void {
  topics
    .command("create <topic>")
    .description("create a topic")
    .option("-p, --partitions <number>", "how many", wholeNumber(1, PARTITIONS_MAX), 1)
    .option("-r, --replication <number>", "copies of each", wholeNumber(1, REPLICATION_MAX), 1)
    .addHelpText("after", "\nExample:\n  bun run ops topics create replies --partitions 2\n")
    .action((topic: string, { partitions, replication }, command: Command) =>
      run(command, async ({ kafka }) => {
        const created = await makeTopic(kafka, { topic, partitions, replication });
        const text = created
          ? `${topic} is there, with ${partitions} partitions.`
          : `There is a topic ${topic} already, and nothing was done. \`bun run ops topics describe ${topic}\` shows it.`;
        return { json: { topic, created }, text, wrong: !created };
      }),
    );
}

function addDelete(topics: Command, run: Run): void {
  topics
    .command("delete <topic>")
    .description("delete a topic, with everything in it")
    .option(...YES)
    .addHelpText("after", "\nExample:\n  bun run ops topics delete replies\n")
    .action((topic: string, _options, command: Command) =>
      run(command, async (context) => {
        const described = await describeTopic(context.kafka, topic);
        if (!described) return noSuchTopic(topic);
        const records = described.partitions.reduce((sum, { high, low }) => sum + high - low, 0);
        await confirm(
          context,
          `${described.topic} and its ${count(records)} records would be gone for ever.`,
        );
        const deleted = await deleteTopic(context.kafka, topic);
        return { json: { topic, deleted, records }, text: `${topic} is deleted.` };
      }),
    );
}

function addProduce(topics: Command, run: Run): void {
  topics
    .command("produce <topic> <value>")
    .description("send one record; - reads its value from standard input")
    .option("-k, --key <key>", "its key")
    .option("-H, --header <name=value...>", "its headers")
    .addHelpText(
      "after",
      `
Example:
  bun run ops topics produce my-topic '{"said":"hello"}' --key mine
`,
    )
    .action((topic: string, value: string, { key, header }, command: Command) =>
      run(command, async ({ kafka }) => {
        if (!(await describeTopic(kafka, topic))) return noSuchTopic(topic);
        const text = value === "-" ? await Bun.stdin.text() : value;
        const publisher = createPublisher(kafka);
        const headers = Object.fromEntries((header ?? []).map(parseHeader));
        await publisher.publish([{ topic, key: key ?? null, value: text, headers }]);
        await publisher.disconnect();
        return { json: { topic, sent: 1 }, text: `Sent to ${topic}.` };
      }),
    );
}

function parseHeader(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`"${text}" is not a header: expected name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
