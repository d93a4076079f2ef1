// Kafka or Postgres gone for a while, and back as they were.
import type { Fault, FaultContext } from "./fault.ts";

/** An order must be taken within this while Kafka is away: nothing of a command waits for the broker. */
const TAKEN_WITHIN_MS = 5_000;
/** A client must be told that Postgres is away within this, not be kept waiting. */
export const REFUSED_WITHIN_MS = 10_000;

const kafkaAway: Fault = {
  name: "kafka-away",
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const awayMs = random.between(10_000, 60_000);
    await system.kafka.kill();
    const back = Bun.sleep(awayMs).then(() => system.kafka.start());
    try {
      const answer = await tryOrder(context, TAKEN_WITHIN_MS);
      if (answer !== 201) throw new Error(`While Kafka was away an order was answered ${answer}`);
    } finally {
      await back;
    }
    return `Kafka away for ${awayMs} ms, commands taken meanwhile`;
  },
};

const postgresAway: Fault = {
  name: "postgres-away",
  weight: 1,
  async run(context) {
    const { system, random } = context;
    const awayMs = random.between(5_000, 30_000);
    await system.postgres.kill();
    const back = Bun.sleep(awayMs).then(() => system.postgres.start());
    try {
      const answer = await tryOrder(context, REFUSED_WITHIN_MS);
      if (answer !== 503) throw new Error(`While Postgres was away an order was answered ${answer}`);
    } finally {
      await back;
    }
    return `Postgres away for ${awayMs} ms, commands refused with 503 meanwhile`;
  },
};

/** One order, asked for once. Answers its status, or what went wrong. */
export async function tryOrder({ system, random }: FaultContext, withinMs: number): Promise<number | string> {
  const service = random.pick(system.ofKind("command-api"));
  try {
    const response = await fetch(`http://127.0.0.1:${service.port}/orders`, {
      method: "POST",
      signal: AbortSignal.timeout(withinMs),
      headers: { "content-type": "application/json", "idempotency-key": `try-${random.next()}` },
      body: JSON.stringify({ customer: "Tess", items: ["pen"] }),
    });
    if (response.status === 503 && !response.headers.has("retry-after")) return "503 without Retry-After";
    return response.status;
  } catch (error) {
    return String(error);
  }
}

export const absences: readonly Fault[] = [kafkaAway, postgresAway];
