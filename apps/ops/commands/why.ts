import type { Command } from "commander";
import { streamName } from "@millrace/contract/envelope";
import { EVENT_TOPICS } from "@millrace/contract/topics";
import { createLoader } from "@millrace/event-store/load";
import type { Change } from "@millrace/read-models/orders/changes-between";
import { type Step, type Why, whyOrder } from "@millrace/read-models/orders/why";
import { locateAll } from "@millrace/replay/locate";
import type { Run } from "../program.ts";

export function addWhy(program: Command, run: Run): void {
  program
    .command("why <order-id>")
    .description("why an order is as it is: request, command, event, record, row, and what each changed")
    .option("--no-kafka", "don't look the records up in Kafka")
    .addHelpText("after", "\nExample:\n  bun run ops why A-1\n\nExit code 1 where there is no such order.\n")
    .action((id: string, { kafka }: { kafka: boolean }, command: Command) =>
      run(command, async (context) => {
        const stored = await createLoader(context.sql).load(streamName("order", id));
        if (stored.length === 0)
          return { json: { id, error: "order_not_found" }, text: `There is no order ${id}.`, wrong: true };
        const records = kafka ? await locateAll(context, EVENT_TOPICS.order, stored) : new Map();
        const json = await whyOrder(context.sql, id, stored, records);
        return { json, text: whyText(json) };
      }),
    );
}

function whyText({ id, steps, row }: Why): string {
  const parts = steps.map(stepText);
  parts.push(row ? rowText(row) : "row  none yet: no event has reached it");
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
