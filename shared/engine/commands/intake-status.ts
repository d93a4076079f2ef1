// What /readyz says of the intake. Commands by HTTP are taken whatever it says, so that it makes nobody unready.
import type { EachConsumer } from "@millrace/kafka/consume-each";

/** Its state as one word while all goes on; else what stands still, since when, and why. */
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
