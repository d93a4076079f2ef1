import { expect, test } from "bun:test";
import { createReplyTopics } from "./reply-topics.ts";

const own = ["thing-events", "things-commands"];

// Seen to fail: a reply with a thing's key on its topic of events held that thing up for good.
test("nothing is replied to a topic of ours or of Kafka's own, whatever else is allowed", () => {
  for (const allowed of [[], ["*"], own]) {
    const refusal = createReplyTopics({ own, allowed });
    for (const topic of [...own, "__consumer_offsets", "__transaction_state"]) {
      expect([topic, refusal(topic)]).toEqual([topic, expect.any(String)]);
    }
  }
});

test("what is no name of a topic is refused", () => {
  const refusal = createReplyTopics({ own });
  for (const topic of ["", ".", "..", "a b", "a,b", "\0", "\ufffd", "a".repeat(250), "a/b"]) {
    expect([topic, refusal(topic)]).toEqual([topic, expect.any(String)]);
  }
});

test("any other topic may be replied to, unless only some are allowed", () => {
  const any = createReplyTopics({ own });
  expect(["things-commands.reply", "replies", "_x", "thing-events-2"].map(any)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const some = createReplyTopics({ own, allowed: ["replies.*", "*.reply", "a.b"] });
  expect(["replies.1", "things-commands.reply", "a.b"].map(some)).toEqual([undefined, undefined, undefined]);
  for (const topic of ["axb", "replies", "replies-1", "x.reply.y"]) {
    expect([topic, some(topic)]).toEqual([topic, "MILLRACE_REPLY_TOPICS does not name it"]);
  }
});
