import type { Output } from "../output.ts";

export function noSuchTopic(topic: string): Output {
  return { json: { topic, error: "topic_not_found" }, text: `There is no topic ${topic}.`, wrong: true };
}
