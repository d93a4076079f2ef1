// Which topics replies may go to. Must never let a sender of commands write, through us, to our own topics or Kafka's.

/** Kafka's rule for names of topics. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** Answers why no reply may go to the topic; undefined where it may. */
export type ReplyTopics = (topic: string) => string | undefined;

export interface ReplyTopicsOptions {
  /** Topics that Millrace reads. */
  readonly own: readonly string[];
  /** The topics that are allowed, `*` standing for any characters; where none is named, all but our own and Kafka's. */
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
