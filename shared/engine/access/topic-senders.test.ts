import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { ANYBODY } from "./principal.ts";
import { topicSenders } from "./topic-senders.ts";

const sendersOf = (environment: Record<string, string>) => topicSenders(readConfig(environment));

test("a topic's commands are whose the setting says, and nobody's elsewhere", () => {
  const MILLRACE_KAFKA_SENDERS = "imports=clerk:import, tills=service:till:things:write+act-as";
  const senderBy = sendersOf({ MILLRACE_KAFKA_SENDERS, MILLRACE_AUTH: "required" });
  expect(senderBy("imports")).toEqual({ role: "clerk", subject: "import", scopes: [], authn: "kafka" });
  expect(senderBy("tills")).toMatchObject({ role: "service", scopes: ["things:write", "act-as"] });
  expect(senderBy("things-commands")).toBeUndefined();
});

test("while access is open they are anybody's", () => {
  expect(sendersOf({})("things-commands")).toBe(ANYBODY);
});

test.each([
  "imports",
  "imports=",
  "=clerk:x",
  "imports=root:x",
  "imports=clerk:x y",
  "imports=service:till",
  "imports=service:till:things",
  "imports=clerk:x:things:write",
])("%s names nobody", (said) => {
  expect(() => sendersOf({ MILLRACE_KAFKA_SENDERS: said })).toThrow("MILLRACE_KAFKA_SENDERS");
});
