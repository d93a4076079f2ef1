// The state of the intake for /readyz. It never makes the process unready: commands by HTTP are taken whatever Kafka does.
import type { EachConsumer } from "@millrace/kafka/consume-each";

/** One word while commands are read; else since when none is read, and why. */
export function intakeStatus(
  intake: Pick<EachConsumer, "state" | "trouble" | "waiting">,
): Record<string, unknown> {
  const trouble = intake.trouble();
  const state = intake.state();
  const waiting = intake.waiting();
  const [oldest] = waiting;
  return {
    intake: trouble
      ? `${state}: nothing read since ${trouble.since.toISOString()}, ${trouble.reason}`
      : state,
    ...(oldest ? { intakeWaiting: { records: waiting.length, oldest } } : {}),
  };
}
