import type { Output } from "../output.ts";

export function noSuchTopic(topic: string): Output {
  const text = `There is no topic ${topic}: nothing was done. \`bun run ops topics list\` names those that are there.`;
  return { json: { topic, error: "topic_not_found" }, text, wrong: true };
}
