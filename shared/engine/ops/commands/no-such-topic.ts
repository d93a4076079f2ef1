import { type Output, wrong } from "../output.ts";

export function noSuchTopic(topic: string): Output {
  return wrong(
    { topic, error: "topic_not_found" },
    `There is no topic ${topic}, and nothing was done. \`bun run ops topics list\` names those that are there.`,
  );
}
