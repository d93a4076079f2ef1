// Makes Kafka hold what the event store holds, and nothing else: the way on after the store was restored to an earlier time.
import type { Command } from "commander";
import { lostEvents } from "@millrace/audit/lost-events";
import { eventTopics } from "@millrace/kafka/names";
import { deleteRecords } from "@millrace/kafka/topics";
import { count } from "@millrace/platform/quantities";
import { requestWhole } from "@millrace/store/relay-marks";
import { inTrail } from "@millrace/trail/record";
import { confirm, YES } from "../confirm.ts";
import { operatorHere } from "../operator-here.ts";
import type { Run } from "../program.ts";

export function addRefill(topics: Command, run: Run): void {
  topics
    .command("refill")
    .description(
      "remove every record of events from Kafka, and have the relay publish the store's events again",
    )
    .option(...YES)
    .addHelpText(
      "after",
      "\nFor a Postgres that was restored to an earlier time than Kafka: until then relay, projector and processes wait.\nConsumers of others see every event again, and know it by its ce_id.\n\nExample:\n  bun run ops topics refill\n",
    )
    .action((_options, command: Command) =>
      run(command, async (context) => {
        const { kafka, sql } = context;
        const topics = eventTopics(kafka.names);
        const lost = await lostEvents(context);
        const [last] = lost;
        const known = last
          ? `Of the last records ${count(lost.length)} are of events that the store does not have, such as ${last.type} ${last.id} of ${last.at}: Kafka has the only copy.`
          : "The store has the events of Kafka's last records.";
        await confirm(context, `${known} Every record of ${topics.join(", ")} would be gone for ever.`);
        const forgotten: Record<string, number> = {};
        for (const topic of topics) {
          const act = { name: "topic.refill" as const, target: topic };
          await inTrail(sql, { by: operatorHere(), act }, async (tx) => {
            const requested = await requestWhole(tx, topic);
            // Before the relay can see the request, or what it sends would go as well.
            forgotten[topic] = await deleteRecords(kafka, topic);
            return requested;
          });
        }
        const text = `${count(Object.values(forgotten).reduce((sum, each) => sum + each, 0))} records are gone. The relay fills the topics from the store.`;
        return { json: { lost, forgotten }, text };
      }),
    );
}
