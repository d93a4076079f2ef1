// What Kafka's errors mean to whoever asked.
import { describe, Failure } from "@millrace/platform/failure";

/** Wraps what an administrative request threw, so that callers see one retryable code while Kafka is away. */
export function kafkaFailure(attempted: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const away = error instanceof Error && /^KafkaJS/.test(error.name);
  return new Failure(away ? "kafka_unavailable" : "kafka_failed", `${attempted}: ${describe(error)}`, away, {
    cause: error,
  });
}
