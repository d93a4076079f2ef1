import type { Command } from "commander";
import { readTopic } from "@millrace/kafka/read-topic";
import { producedAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { describeTopic, offsetsAt } from "@millrace/kafka/topics";
import { UsageError } from "../confirm.ts";
import type { Context } from "../context.ts";
import type { Examples } from "../examples.ts";
import { wholeNumber } from "../numbers.ts";
import { printLine } from "../output.ts";
import type { Run } from "../program.ts";
import { printableLines, printPairs } from "../table.ts";
import { noSuchTopic } from "./no-such-topic.ts";

interface TailOptions {
  readonly from: string;
  readonly key?: string;
  readonly partition?: number;
  readonly limit?: number;
  readonly follow: boolean;
}

export function addTail(topics: Command, run: Run, { topic, id }: Examples): void {
  topics
    .command("tail <topic>")
    .description("print a topic's records, and go on with new ones")
    .option("-f, --from <place>", "start, end, an offset, or a time (ISO 8601)", "end")
    .option("-k, --key <key>", "only records with this key")
    .option("-p, --partition <number>", "only this partition", wholeNumber(0))
    .option("-n, --limit <number>", "stop after so many", wholeNumber(1))
    .option("--no-follow", "stop where the topic ends now")
    .addHelpText(
      "after",
      `
Examples:
  bun run ops topics tail ${topic}   new records as they come
  bun run ops topics tail ${topic} --from start --key ${id} --no-follow
  bun run ops topics tail ${topic} --from 2026-01-31T12:00:00Z --limit 10 --json
`,
    )
    .action((topic: string, options: TailOptions, command: Command) =>
      run(command, (context) => tail(context, topic, options)),
    );
}

async function tail(context: Context, topic: string, options: TailOptions) {
  const { kafka, log, json } = context;
  if (!(await describeTopic(kafka, topic))) return noSuchTopic(topic);
  const from = await startingPlace(context, topic, options.from);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let printed = 0;
  await readTopic(kafka, {
    topic,
    from,
    follow: options.follow,
    log,
    signal: stop.signal,
    ...(options.partition === undefined ? {} : { partitions: [options.partition] }),
    onRecord(record) {
      if (options.key !== undefined && record.key !== options.key) return true;
      printed++;
      printLine(recordText(record), recordJson(record), json);
      return printed < (options.limit ?? Number.POSITIVE_INFINITY);
    },
  });
  process.exitCode = 0;
  return {
    json: undefined,
    text: printed === 0 ? "No record matched." : "",
    wrong: printed === 0 && !options.follow,
  };
}

/** @throws UsageError for a place that says nothing. */
async function startingPlace({ kafka }: Context, topic: string, from: string) {
  if (from === "start") return () => undefined;
  if (from === "end") return ({ high }: { high: number }) => high;
  if (/^\d+$/.test(from)) return () => Number(from);
  const time = Date.parse(from);
  if (Number.isNaN(time)) {
    throw new UsageError(
      `--from ${from}: expected start, end, an offset, or a time like 2026-01-31T12:00:00Z`,
    );
  }
  const offsets = await offsetsAt(kafka, topic, time);
  return ({ partition }: { partition: number }) => offsets.get(partition);
}

function recordJson(record: ReceivedRecord) {
  const { partition, offset, key, headers, timestamp, value } = record;
  const at = producedAt(record) ?? null;
  return { partition, offset, key, headers, at, timestamp: Number(timestamp), value: parsed(value) };
}

function recordText(record: ReceivedRecord): string {
  const { partition, offset, key, headers, value, timestamp } = record;
  const at = producedAt(record) ?? `(no time: ${timestamp})`;
  const head = `${partition}/${offset}  ${at}  ${key ?? "(no key)"}`;
  const lines = [headers.ce_type === undefined ? head : `${head}  ${headers.ce_type}`];
  if (Object.keys(headers).length > 0) lines.push(indented(printPairs(Object.entries(headers))));
  lines.push(indented(value ?? "(no value)"));
  return `${printableLines(lines.join("\n"))}\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

/** JSON as it is, anything else as text. */
function parsed(value: string | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
