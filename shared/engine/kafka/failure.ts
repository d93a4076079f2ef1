// What Kafka's errors mean to a caller.
import { describe, Failure } from "@millrace/platform/failure";

/** Wraps what an administrative request threw, so that callers see one retryable code while Kafka is away. */
export function kafkaFailure(attempted: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const away = error instanceof Error && /^KafkaJS/.test(error.name);
  return new Failure(away ? "kafka_unavailable" : "kafka_failed", `${attempted}: ${describe(error)}`, away, {
    cause: error,
  });
}

/** Whether Kafka answered with one of these types, as its protocol names them, however deep in the causes. */
export function isKafkaError(error: unknown, types: readonly string[]): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("type" in current && types.includes(String(current.type))) return true;
    // Of several topics that were asked for at once, each has its own.
    if ("errors" in current && [current.errors].flat().some((each) => isKafkaError(each, types))) return true;
  }
  return false;
}
