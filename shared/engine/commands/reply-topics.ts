// Which topics replies may go to. Must never let a sender of commands write, by us, to a topic of ours or of Kafka's own.

/** Kafka's own rule for names of topics. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** Answers why nothing may be sent to the topic; undefined where it may. */
export type ReplyTopics = (topic: string) => string | undefined;

export interface ReplyTopicsOptions {
  /** Topics that Millrace reads. */
  readonly own: readonly string[];
  /** The only ones that are allowed, by name or with `*` for any characters; every other one where none is named. */
  readonly allowed?: readonly string[];
}

export function createReplyTopics({ own, allowed = [] }: ReplyTopicsOptions): ReplyTopics {
  const patterns = allowed.map(
    (pattern) => new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`, "s"),
  );
  return (topic) => {
    if (!TOPIC_NAME.test(topic)) return "no topic can have this name";
    if (topic.startsWith("__")) return "topics that begin with __ are Kafka's own";
    if (own.includes(topic)) return "Millrace reads this topic itself";
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(topic)))
      return "MILLRACE_REPLY_TOPICS does not name it";
    return undefined;
  };
}
