// A Kafka in a container for tests: the official image, reachable at the address that it advertises.

import { GenericContainer, Wait } from "testcontainers";
import { asEnvironment, SINGLE_NODE } from "@millrace/local/kafka-properties";

const IMAGE = "apache/kafka:4.3.1";
const START_WITHIN_MS = 60_000;

/** Said once it serves; the port is open before. */
export const KAFKA_STARTED = "Kafka Server started";

/** As in compose.yaml, which says why. */
const START = `
  if [ -e "$KAFKA_LOG_DIRS/meta.properties" ] && ! grep -qs "already formatted" /etc/kafka/docker/launch; then
    /opt/kafka/bin/kafka-run-class.sh kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \\
      --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
    exec /opt/kafka/bin/kafka-server-start.sh /opt/kafka/config/server.properties
  fi
  exec /etc/kafka/docker/run`;

/**
 * Kafka tells its clients where to go, so the port on the host has to be known before it starts, and to stay
 * when it starts again: it is given, not drawn by Docker.
 */
export class KafkaContainer extends GenericContainer {
  constructor({ host, port }: { host: string; port: number }) {
    super(IMAGE);
    this.withExposedPorts({ container: 9092, host: port })
      .withEnvironment({
        CLUSTER_ID: "NGGVQzsuQkmtkWzdbHZ4oA",
        KAFKA_NODE_ID: "1",
        KAFKA_PROCESS_ROLES: "broker,controller",
        KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
        KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
        KAFKA_LISTENERS: "PLAINTEXT://:9092,CONTROLLER://:9093",
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
        KAFKA_LOG_DIRS: "/var/lib/kafka/data",
        ...asEnvironment(SINGLE_NODE),
      })
      .withCommand(["bash", "-c", START])
      .withWaitStrategy(Wait.forLogMessage(KAFKA_STARTED))
      .withStartupTimeout(START_WITHIN_MS);
  }
}
