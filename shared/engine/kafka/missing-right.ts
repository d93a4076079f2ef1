// What Kafka's authorizer refuses, in words that name who lacks which right to what: Kafka itself says none of the three.
import { Failure } from "@millrace/platform/failure";
import { isKafkaError } from "./failure.ts";

export interface SignedIn {
  /** As ACLs have it; of a client with a certificate, where to look it up. */
  readonly principal: string;
}

const REFUSALS = [
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
];

/**
 * Undefined where it is no right that is missing.
 * @param right what was attempted: "write to topic note-events"
 */
export function missingRight(error: unknown, { principal }: SignedIn, right: string): string | undefined {
  if (!isKafkaError(error, REFUSALS)) return undefined;
  return `${principal} has no right to ${right}: \`bun run ops kafka acls\` names the ACLs that are missing; once they are there, this goes on by itself`;
}

/** The error itself, or in those words where it is a right that is missing. */
export function explained(error: unknown, by: SignedIn, right: string): unknown {
  const message = missingRight(error, by, right);
  return message === undefined ? error : new Failure("kafka_unavailable", message, true, { cause: error });
}
