// The test stack in containers: the images that compose.yaml names, on free ports, reaped when the run ends or
// dies (testcontainers' ryuk sees that its connection to us has closed).
import { PostgreSqlContainer } from "@testcontainers/postgresql";
import { getContainerRuntimeClient, getReaper, type StartedTestContainer } from "testcontainers";
import { freePort } from "@millrace/local/ports";
import { CLUSTER_WORDS, SETTINGS, settingWords } from "@millrace/local/postgres-settings";
import { KAFKA_STARTED, KafkaContainer } from "./kafka-container.ts";
import type { TestServer, TestServers } from "./stack.ts";

const NAME = "millrace";
/** Recovery after kill -9 included. */
const START_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

export async function dockerServers(): Promise<TestServers> {
  const runtime = await getContainerRuntimeClient();
  // Before two containers start at once, or each would start one of its own.
  await getReaper(runtime);
  const host = runtime.info.containerRuntime.host;
  const [postgresPort, kafkaPort] = [await freePort(), await freePort()];
  const [postgres, kafka] = await Promise.all([
    new PostgreSqlContainer("postgres:18")
      .withDatabase(NAME)
      .withUsername(NAME)
      .withPassword(NAME)
      // Fixed, so that it is the same after a kill and a start.
      .withExposedPorts({ container: 5432, host: postgresPort })
      .withEnvironment({ POSTGRES_INITDB_ARGS: CLUSTER_WORDS.join(" ") })
      .withCommand(["postgres", ...settingWords(SETTINGS)])
      .withStartupTimeout(START_WITHIN_MS)
      .start(),
    new KafkaContainer({ host, port: kafkaPort }).start(),
  ]);

  /** Tests ask for what testcontainers has no word for: an end without a farewell, and the same again. */
  function server(container: StartedTestContainer, serves: () => Promise<boolean>): TestServer {
    const handle = runtime.container.getById(container.getId());
    return {
      kill: async () => {
        await handle.kill();
        await handle.wait();
      },
      start: async () => {
        await handle.start();
        const deadline = Date.now() + START_WITHIN_MS;
        while (!(await serves())) {
          if (Date.now() > deadline) throw new Error(`${container.getName()} does not serve after a start`);
          await Bun.sleep(LOOK_EVERY_MS);
        }
      },
    };
  }

  /** How often it has said that it serves; one start more is one time more. */
  const kafkaStarts = async () => {
    const printed = await runtime.container
      .getById(kafka.getId())
      .logs({ stdout: true, stderr: true, follow: false });
    return printed.toString("utf8").split(KAFKA_STARTED).length - 1;
  };
  let kafkaStarted = 1;
  const answers = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", NAME, "-d", NAME];
  return {
    description: `containers postgres:18 on port ${postgresPort}, apache/kafka:4.3.1 on ${kafkaPort}`,
    databaseUrl: `postgres://${NAME}:${NAME}@${host}:${postgresPort}/${NAME}`,
    brokers: [`${host}:${kafkaPort}`],
    postgres: server(postgres, async () => (await postgres.exec(answers)).exitCode === 0),
    kafka: server(kafka, async () => {
      if ((await kafkaStarts()) <= kafkaStarted) return false;
      kafkaStarted++;
      return true;
    }),
    stop: async () => {
      await Promise.all([postgres.stop({ timeout: 0 }), kafka.stop({ timeout: 0 })]);
    },
  };
}
