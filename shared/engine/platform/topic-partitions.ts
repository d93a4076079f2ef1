// How many partitions topics get when they are created.
import * as v from "valibot";
import { count } from "./config-fields.ts";

export const partitions = (fallback: number) => count(fallback, 256);

const OF_ONE = /^MILLRACE_(?!TOPIC_)([A-Z][A-Z0-9_]*)_PARTITIONS$/;

/** What the environment says of one category's topic alone, by the category: of `thing` it is MILLRACE_THING_PARTITIONS. */
export function readTopicPartitions(environment: Record<string, string | undefined>) {
  const topicPartitions: Record<string, number> = {};
  const reasons: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    const [, category] = OF_ONE.exec(name) ?? [];
    if (!category || value === undefined) continue;
    const parsed = v.safeParse(partitions(1), value);
    if (parsed.success) topicPartitions[category.toLowerCase()] = parsed.output;
    else reasons.push(`${name}: ${parsed.issues[0].message}`);
  }
  return { topicPartitions, reasons };
}
