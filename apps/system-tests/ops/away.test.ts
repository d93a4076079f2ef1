// What a person reads whose command found nobody at the address that it was given.
import { expect, test } from "bun:test";
import { runOps } from "./run-ops.ts";

const ENVIRONMENT = {
  // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
  ...process.env,
  DATABASE_URL: "postgres://ann:secret@127.0.0.1:1/shop",
  KAFKA_BROKERS: "127.0.0.1:2",
};

// Seen to fail without the hint, when "connect ECONNREFUSED" was all, and with the hint given for every error.
test("where a server is away, and only then, ops says which one, where it was looked for, and what sets that", async () => {
  const [postgres, kafka, refused] = await Promise.all([
    runOps(ENVIRONMENT, "dead-letters", "list"),
    runOps(ENVIRONMENT, "topics", "list"),
    runOps(ENVIRONMENT, "projections", "rebuild", "nonsense"),
  ]);
  expect([postgres.code, kafka.code, refused.code]).toEqual([1, 1, 2]);
  expect(postgres.err).toContain("Postgres is away or refuses");
  expect(postgres.err).toContain("postgres://ann:***@127.0.0.1:1/shop:\nset DATABASE_URL");
  expect(postgres.err).not.toContain("secret");
  expect(kafka.err).toContain("Kafka is away or refuses");
  expect(kafka.err).toContain("127.0.0.1:2:\nset KAFKA_BROKERS");
  expect(refused.err).toContain("There is no projection");
  expect(refused.err).not.toContain("away");
});
