// How every Kafka of ours is set that is one node, on this machine or in a test's container.

export type KafkaProperties = Readonly<Record<string, string | number | boolean>>;

export const SINGLE_NODE: KafkaProperties = {
  "auto.create.topics.enable": false,
  // One node: every internal topic has one copy, and few partitions start sooner.
  "offsets.topic.replication.factor": 1,
  "offsets.topic.num.partitions": 4,
  "transaction.state.log.replication.factor": 1,
  "transaction.state.log.min.isr": 1,
  "transaction.state.log.num.partitions": 4,
  "share.coordinator.state.topic.replication.factor": 1,
  "share.coordinator.state.topic.min.isr": 1,
  "share.coordinator.state.topic.num.partitions": 1,
  // Nobody else is about to join: waiting for more members only delays the first.
  "group.initial.rebalance.delay.ms": 0,
  "group.min.session.timeout.ms": 1_000,
  // After kill -9 the controller holds the broker's place until its session has run out, by default 9 s.
  "broker.session.timeout.ms": 3_000,
  "broker.heartbeat.interval.ms": 500,
  // By default the cleaner takes 128 MB of heap, for logs a thousand times ours.
  "log.cleaner.dedupe.buffer.size": 8_388_608,
};

/** As server.properties holds them. Java reads such a file as Latin-1, with what is not in it as escapes. */
export function asFile(properties: KafkaProperties): string {
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(String(value))}`)
    .join("\n")}\n`;
}

function escaped(value: string): string {
  return value
    .replaceAll("\\", "\\\\")
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** As the image apache/kafka reads them. None of ours has an underscore or a dash in its name. */
export function asEnvironment(properties: KafkaProperties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `KAFKA_${name.replaceAll(".", "_").toUpperCase()}`,
      String(value),
    ]),
  );
}
