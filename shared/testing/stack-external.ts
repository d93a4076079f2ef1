// The external test stack: servers that somebody else runs, named by DATABASE_URL and KAFKA_BROKERS.
import type { TestServer, TestServers } from "./stack.ts";

export async function externalServers(): Promise<TestServers> {
  const databaseUrl = named("DATABASE_URL");
  const brokers = named("KAFKA_BROKERS").split(",");
  return {
    description: `external Postgres at ${new URL(databaseUrl).host}, Kafka at ${brokers.join(", ")}`,
    databaseUrl,
    brokers,
    postgres: notOurs,
    kafka: notOurs,
    stop: async () => {},
  };
}

const notOurs: TestServer = {
  kill: () =>
    Promise.reject(new Error("an external stack is not ours to kill: use another MILLRACE_TEST_STACK")),
  start: () => Promise.reject(new Error("an external stack is not ours to start")),
};

function named(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`MILLRACE_TEST_STACK=external needs ${variable}`);
  return value;
}
