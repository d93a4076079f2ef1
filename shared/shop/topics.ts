/** Topics by the category of the streams that they carry. Names are storage format. */
export const EVENT_TOPICS = {
  order: "order-events",
  payment: "payment-events",
  user: "user-events",
} as const;

export type Category = keyof typeof EVENT_TOPICS;

/** Commands for the intake, from any Kafka client. */
export const COMMANDS_TOPIC = "orders-commands";

/** For replies to clients that have made no topic for them. NestJS' client waits for its replies under this name. */
export const COMMANDS_REPLY_TOPIC = "orders-commands.reply";

/** Where an installation says that Kafka's topics and groups under these names are its own. */
export const INSTALLATION_TOPIC = "millrace-installation";

/** Consumer groups of ours. Names are storage format: the place in the commands' topic is kept under its group's. */
export const GROUPS = { projector: "projector", payments: "payments", commands: "command-api" } as const;

/** @throws when no topic carries the category: a stream whose events nobody could ever read. */
export function topicOf(category: string): string {
  if (category in EVENT_TOPICS) return EVENT_TOPICS[category as Category];
  throw new Error(`No topic carries streams of the category "${category}"`);
}
