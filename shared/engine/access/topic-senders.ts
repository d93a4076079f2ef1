// Whose commands from Kafka are. Kafka's own rights say who may write to a topic, so a topic is as good as a name.
import { exposureOf } from "@millrace/platform/access-mode";
import { type Config, InvalidConfig } from "@millrace/platform/config";
import { isScope } from "./may.ts";
import { ANYBODY, isRole, isSubject, type Principal } from "./principal.ts";

/** Undefined where nobody is known by the topic. */
export type SenderBy = (topic: string) => Principal | undefined;

/** @throws InvalidConfig for a sender that can't be read */
export function topicSenders(
  config: Pick<Config, "MILLRACE_KAFKA_SENDERS" | "MILLRACE_AUTH" | "MILLRACE_PUBLISHED_ON" | "HOST">,
): SenderBy {
  const senders = new Map(config.MILLRACE_KAFKA_SENDERS.map(readSender));
  const others = exposureOf(config).mode === "open" ? ANYBODY : undefined;
  return (topic) => senders.get(topic) ?? others;
}

/** topic=role:name, and scopes of a service behind a further colon: commands=service:till:things:write+notes:write */
function readSender(said: string): [topic: string, Principal] {
  const [, topic = "", role, subject = "", behind] =
    /^([\w.-]+)=([a-z]+):([^:]+)(?::(.+))?$/.exec(said) ?? [];
  const scopes = behind?.split("+") ?? [];
  if (
    !isRole(role) ||
    !isSubject(subject) ||
    !scopes.every(isScope) ||
    (role === "service") !== scopes.length > 0
  ) {
    throw new InvalidConfig([
      `MILLRACE_KAFKA_SENDERS: ${said} names nobody; expected topic=role:name, for a service with its scopes, such as commands=service:till:things:write+notes:write`,
    ]);
  }
  return [topic, { role, subject, scopes, authn: "kafka" }];
}
