import type { Command } from "commander";
import { locateAll } from "@millrace/audit/locate";
import { topicOf } from "@millrace/events/topics";
import type { Sql } from "@millrace/platform/postgres";
import { waitsOf, waitText } from "@millrace/projector/waits";
import type { Change } from "@millrace/read-models/changes-between";
import type { Past } from "@millrace/read-models/read-model";
import { readWhyPage, type Step, type Why, whyRow } from "@millrace/read-models/why";
import { lastVersion } from "@millrace/store/browse";
import { type HeldStream, holdOf } from "@millrace/store/held-streams";
import { createLoader } from "@millrace/store/load";
import type { Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { type Output, wrong } from "../output.ts";
import type { Run } from "../program.ts";

/** Most events in one answer; \`--after\` asks for the next. */
const SHOWN_MAX = 1_000;

export function addWhy(program: Command, run: Run): void {
  program
    .command("why <id>")
    .description("why a row is as it is: request, command, event, record, row, and what each changed")
    .option("--no-kafka", "don't look the records up in Kafka")
    .option("--after <version>", "start after this version of it", wholeNumber(0))
    .addHelpText(
      "after",
      `
Takes an id, or the name of a stream where several things have that id: A-1 is the first of them.
Shows up to ${SHOWN_MAX} events, fewer where they are large, and says how to go on.

Example:
  bun run ops why A-1

Exit code 1 where there is nothing of that id.
`,
    )
    .action((asked: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const subject = await findSubject(context, asked);
        if (subject) return explain(context, subject, options);
        return wrong(
          { id: asked, error: "not_found" },
          `Nothing has the id ${asked}, and no stream is called so: no event of it was ever stored.`,
        );
      }),
    );
}

interface Options {
  readonly kafka: boolean;
  readonly after?: number;
}

/** The thing that is asked about. */
interface Subject {
  readonly past: Past<unknown>;
  readonly noun: string;
  readonly id: string;
  readonly stream: string;
  /** Of its last event. */
  readonly version: number;
}

/** The first model's thing with this id, in the shop's order, or the thing whose stream has this name. */
async function findSubject({ sql, models }: Context, asked: string): Promise<Subject | undefined> {
  for (const model of models) {
    const { past, streamPrefix, shown } = model;
    const ids = asked.startsWith(streamPrefix) ? [asked, asked.slice(streamPrefix.length)] : [asked];
    for (const id of past ? ids : []) {
      const stream = streamPrefix + id;
      const version = await lastVersion(sql, stream);
      if (past && version !== undefined) return { past, noun: shown.noun, id, stream, version };
    }
  }
  return undefined;
}

async function explain(context: Context, subject: Subject, { kafka, after }: Options): Promise<Output> {
  const { past, noun, id, stream, version } = subject;
  const { sql, related } = context;
  const { category, topic } = past.source;
  const waits = await waitsOfAll(sql, [topic, ...(related[category] ?? []).map(topicOf)], id);
  const waiting = waits.map((wait) => `\n\nwaits  ${waitText(wait)}`).join("");
  const events = createLoader(sql).pages(stream);
  const page = await readWhyPage(past, events, { after, limit: SHOWN_MAX }).catch((error) => error as Error);
  if (page instanceof Error) {
    if (!("code" in page) || page.code !== "newer_schema") throw page;
    const json = { id, error: page.code, detail: page.message, waits };
    return { json, text: `${noun} ${id}\n\n${page.message}${waiting}`, wrong: true };
  }
  const records = kafka ? await locateAll(context, topic, page.events) : new Map();
  const why = await whyRow(sql, past, { id, page, lastVersion: version, records });
  const held = await holdOf(sql, stream);
  const isWaiting = held !== undefined || waits.length > 0;
  const text = [
    whyText(why, noun, isWaiting),
    held ? heldText(held) : "",
    waiting,
    page.more ? laterText(why, stream, version) : "",
  ];
  return { json: { ...why, ...(held ? { held } : {}), waits }, text: text.join("") };
}

async function waitsOfAll(sql: Sql, topics: readonly string[], id: string) {
  return (await Promise.all(topics.map((topic) => waitsOf(sql, topic, id)))).flat();
}

function laterText({ steps }: Why, stream: string, last: number): string {
  const shown = steps.at(-1)?.version ?? 0;
  return `\n\n${last - shown} later events: bun run ops why ${stream} --after ${shown}`;
}

function heldText({ version, last, since, attempts, cause }: HeldStream): string {
  return `\n\nheld  events ${version} to ${last} have not reached Kafka since ${since}, tried ${attempts} times: ${cause}`;
}

function whyText({ id, steps, row }: Why, noun: string, isWaiting: boolean): string {
  const parts = steps.map((step) => stepText(step, noun));
  const none = isWaiting
    ? "row  none yet: what it waits for stands below"
    : "row  none: its events have not come past yet (bun run ops lag --behind), or it was removed (bun run ops audit --all)";
  parts.push(row ? rowText(row) : none);
  return [`${noun} ${id}`, ...parts].join("\n\n");
}

function stepText(step: Step, noun: string): string {
  const { record, traceId } = step;
  const lines = [
    `${step.version}  ${step.at}  ${step.event}`,
    `   request  ${step.request}  by ${step.actor}${traceId ? `  trace ${traceId}` : ""}`,
    `   command  ${step.command ?? "not known"}  caused by ${step.cause}`,
    `   record   ${record ? `${record.topic}/${record.partition} at ${record.offset}` : "not known"}`,
  ];
  return [...lines, ...step.changes.map((change) => `   changed  ${changeText(change, noun)}`)].join("\n");
}

function changeText({ path, before, after }: Change, noun: string): string {
  if (path === "")
    return after === undefined ? `the ${noun} is gone` : `a new ${noun}: ${JSON.stringify(after)}`;
  return `${path}  ${JSON.stringify(before) ?? "nothing"} → ${JSON.stringify(after) ?? "nothing"}`;
}

function rowText({ version, deleted, partition, offset, behind, document }: NonNullable<Why["row"]>): string {
  const place = offset < 0 ? "made from the event store" : `from partition ${partition}, offset ${offset}`;
  const state = behind === 0 ? "level with its events" : `${behind} events behind`;
  return `row  version ${version}, ${state}, ${place}${deleted ? ", deleted" : ""}\n   ${JSON.stringify(document)}`;
}
