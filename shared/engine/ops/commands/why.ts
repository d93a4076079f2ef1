import type { Command } from "commander";
import { locateAll } from "@millrace/audit/locate";
import { streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { waitsOf, waitText } from "@millrace/projector/waits";
import type { Change } from "@millrace/shop/order/read-model/changes-between";
import { readWhyPage, type Step, type Why, whyOrder } from "@millrace/shop/order/read-model/why";
import { lastVersion } from "@millrace/store/browse";
import { type HeldStream, holdOf } from "@millrace/store/held-streams";
import { createLoader } from "@millrace/store/load";
import { wholeNumber } from "../numbers.ts";
import type { Run } from "../program.ts";

/** Events in one look: a screen of them is a dozen, and a program asks for the next. */
const SHOWN_MAX = 1_000;

export function addWhy(program: Command, run: Run): void {
  program
    .command("why <order-id>")
    .description("why an order is as it is: request, command, event, record, row, and what each changed")
    .option("--no-kafka", "don't look the records up in Kafka")
    .option("--after <version>", "start after this version of it", wholeNumber(0))
    .addHelpText(
      "after",
      `
Shows up to ${SHOWN_MAX} events, fewer where they are large, and says how to go on.

Example:
  bun run ops why A-1

Exit code 1 where there is no such order.
`,
    )
    .action((id: string, { kafka, after }: { kafka: boolean; after?: number }, command: Command) =>
      run(command, async (context) => {
        const stream = streamName("order", id);
        const waits = [
          ...(await waitsOf(context.sql, topicOf("order"), id)),
          ...(await waitsOf(context.sql, topicOf("payment"), id)),
        ];
        const waiting = waits.map((wait) => `\n\nwaits  ${waitText(wait)}`).join("");
        const events = createLoader(context.sql).pages(stream);
        const page = await readWhyPage(events, { after, limit: SHOWN_MAX }).catch((error) => error as Error);
        if (page instanceof Error) {
          if (!("code" in page) || page.code !== "newer_schema") throw page;
          const json = { id, error: page.code, detail: page.message, waits };
          return { json, text: `order ${id}\n\n${page.message}${waiting}`, wrong: true };
        }
        const last = await lastVersion(context.sql, stream);
        if (last === undefined)
          return { json: { id, error: "order_not_found" }, text: `There is no order ${id}.`, wrong: true };
        const records = kafka ? await locateAll(context, topicOf("order"), page.events) : new Map();
        const why = await whyOrder(context.sql, { id, page, lastVersion: last, records });
        const held = await holdOf(context.sql, stream);
        const more = page.more ? laterText(why, last) : "";
        const text = `${whyText(why, held !== undefined || waits.length > 0)}${held ? heldText(held) : ""}${waiting}${more}`;
        return { json: { ...why, ...(held ? { held } : {}), waits }, text };
      }),
    );
}

function laterText({ id, steps }: Why, last: number): string {
  const shown = steps.at(-1)?.version ?? 0;
  return `\n\n${last - shown} later events: bun run ops why ${id} --after ${shown}`;
}

function heldText({ version, last, since, attempts, cause }: HeldStream): string {
  return `\n\nheld  events ${version} to ${last} have not reached Kafka since ${since}, tried ${attempts} times: ${cause}`;
}

function whyText({ id, steps, row }: Why, isWaiting: boolean): string {
  const parts = steps.map(stepText);
  const none = isWaiting
    ? "row  none yet: what it waits for stands below"
    : "row  none yet: no event has reached it";
  parts.push(row ? rowText(row) : none);
  return [`order ${id}`, ...parts].join("\n\n");
}

function stepText(step: Step): string {
  const { record, traceId } = step;
  const lines = [
    `${step.version}  ${step.at}  ${step.event}`,
    `   request  ${step.request}  by ${step.actor}${traceId ? `  trace ${traceId}` : ""}`,
    `   command  ${step.command}  caused by ${step.cause}`,
    `   record   ${record ? `${record.topic}/${record.partition} at ${record.offset}` : "not known"}`,
  ];
  return [...lines, ...step.changes.map((change) => `   changed  ${changeText(change)}`)].join("\n");
}

function changeText({ path, before, after }: Change): string {
  if (path === "") return after === undefined ? "the order is gone" : `a new order: ${JSON.stringify(after)}`;
  return `${path}  ${JSON.stringify(before) ?? "nothing"} → ${JSON.stringify(after) ?? "nothing"}`;
}

function rowText({ version, deleted, partition, offset, behind, document }: NonNullable<Why["row"]>): string {
  const place = offset < 0 ? "made from the event store" : `from partition ${partition}, offset ${offset}`;
  const state = behind === 0 ? "level with its events" : `${behind} events behind`;
  return `row  version ${version}, ${state}, ${place}${deleted ? ", deleted" : ""}\n   ${JSON.stringify(document)}`;
}
