// A real Apache Kafka for this machine: KRaft, one node that is broker and controller, on 127.0.0.1 only,
// owned by the process that started it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Child, startChild } from "./child.ts";
import type { Guard } from "./guard.ts";
import { JAVA_ENVIRONMENT, type KafkaJars, kafkaJars } from "./kafka-jars.ts";
import { asFile, type KafkaProperties, SINGLE_NODE } from "./kafka-properties.ts";
import { endLeftBehind } from "./left-behind.ts";
import { freePort } from "./ports.ts";
import { type OwnedServer, ownedServer } from "./server.ts";

export interface EmbeddedKafkaOptions {
  /** Its data lives below; made where it is missing. */
  readonly directory: string;
  /** Where its jars are kept, for every data folder of this checkout. */
  readonly cache: string;
  readonly guard: Guard;
  /** A free one is chosen where it is not given. */
  readonly port?: number;
  /** More listeners. Each sends its clients on to another port, where something of ours stands between. */
  readonly entrances?: readonly KafkaEntrance[];
  /** Properties beside ours; one of the same name replaces ours. */
  readonly properties?: KafkaProperties;
  /** Users that it knows from the start, as StorageTool takes them: "SCRAM-SHA-256=[name=…,password=…]". */
  readonly scramUsers?: readonly string[];
  readonly say?: (line: string) => void;
}

/** Kafka tells clients where to go: behind a proxy it has to name the proxy, not itself. */
export interface KafkaEntrance {
  readonly port: number;
  readonly advertised: number;
  /** How clients speak there; PLAINTEXT where it is not given. The listener is called ENTRANCE0, 1, …. */
  readonly protocol?: "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
}

export interface EmbeddedKafka extends OwnedServer {
  /** host:port of its one broker. */
  readonly broker: string;
  readonly port: number;
}

/** Two seconds are usual; recovery after kill -9 reads the segments that were open. */
const START_WITHIN_MS = 60_000;
/** An orderly end hands over leadership and flushes; the first one also writes the class archive. */
const STOP_WITHIN_MS = 15_000;

/** Starts Kafka on its folder, which is formatted on first use. @throws when it can't, with its last lines. */
export async function startKafka(options: EmbeddedKafkaOptions): Promise<EmbeddedKafka> {
  const jars = await kafkaJars(options);
  const port = options.port ?? (await freePort());
  mkdirSync(options.directory, { recursive: true });
  const node: Node = { ...options, jars, port, logFile: join(options.directory, "kafka.log") };
  let logFrom = 0;
  const server = ownedServer({
    name: "Kafka",
    startWithinMs: START_WITHIN_MS,
    stopWithinMs: STOP_WITHIN_MS,
    launch: () => {
      // Lines of an earlier start must not be taken for this one's.
      logFrom = statSync(node.logFile, { throwIfNoEntry: false })?.size ?? 0;
      return launch(node);
    },
    isReady: () => readFileSync(node.logFile).includes("Kafka Server started", logFrom),
  });
  await server.start();
  return Object.assign(server, { broker: `127.0.0.1:${port}`, port });
}

interface Node extends EmbeddedKafkaOptions {
  readonly jars: KafkaJars;
  readonly port: number;
  readonly logFile: string;
}

async function launch(node: Node): Promise<Child> {
  const { directory, guard } = node;
  const properties = join(directory, "server.properties");
  const pidFile = join(directory, "kafka.pid");
  await endLeftBehind({ pidFile, commandHolds: properties, endSignal: "SIGTERM" });
  writeFileSync(properties, serverProperties(node, await freePort()));
  if (!existsSync(join(directory, "data/meta.properties"))) await format(node, properties);
  const child = startChild({
    command: [...jvm(node), ...classArchive(node), "kafka.Kafka", properties],
    guard,
    cwd: directory,
    environment: JAVA_ENVIRONMENT,
    output: { file: node.logFile },
    endsLast: true,
  });
  writeFileSync(pidFile, String(child.pid));
  void child.exited.then(() => keepClassArchive(node.jars));
  return child;
}

/** Paths are relative to the data folder: a classpath ends at a colon, as an archive's does. */
function jvm({ jars, directory }: Node): [string, ...string[]] {
  const log = "-Dorg.slf4j.simpleLogger.";
  return [
    jars.java,
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseG1GC",
    // What the second compiler would make of it is never won back in a run of minutes beside everything else.
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
    `${log}showDateTime=true`,
    `${log}dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX`,
    `${log}defaultLogLevel=warn`,
    // Says "Kafka Server started", by which we know that it serves.
    `${log}log.kafka.server.KafkaRaftServer=info`,
    "-cp",
    join(relative(directory, jars.lib), "*"),
  ];
}

/**
 * Loading Kafka's classes is half of its start. The JVM can write them as it had them in memory (class data
 * sharing) and read that the next time; an archive that doesn't fit the JVM is passed over in silence.
 */
function classArchive({ jars, directory }: Node): string[] {
  const flag = existsSync(jars.classArchive)
    ? `-XX:SharedArchiveFile=${relative(directory, jars.classArchive)}`
    : `-XX:ArchiveClassesAtExit=${relative(directory, archiveInProgress(jars))}`;
  return [flag, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"];
}

function archiveInProgress(jars: KafkaJars): string {
  return `${jars.classArchive}.${process.pid}.partial`;
}

/** Only an orderly end writes the archive, and only a whole one gets its name. */
function keepClassArchive(jars: KafkaJars): void {
  if (existsSync(archiveInProgress(jars))) renameSync(archiveInProgress(jars), jars.classArchive);
}

/** Writes the node's identity, once. A start that was cut off leaves data without it, which is made anew. */
async function format(node: Node, properties: string): Promise<void> {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
  // The tool would take a leading dash for a flag.
  const clusterId = random.replace(/^-/, "A");
  rmSync(join(node.directory, "data"), { recursive: true, force: true });
  const tool = startChild({
    command: [
      ...jvm(node),
      "kafka.tools.StorageTool",
      "format",
      "--cluster-id",
      clusterId,
      "--config",
      properties,
      ...(node.scramUsers ?? []).flatMap((user) => ["--add-scram", user]),
    ],
    guard: node.guard,
    cwd: node.directory,
    environment: JAVA_ENVIRONMENT,
    output: { line: () => {} },
  });
  const exit = await tool.exited;
  if (exit.code !== 0)
    throw new Error(`Kafka's data could not be formatted:\n  ${tool.lastLines().join("\n  ")}`);
}

function serverProperties(node: Node, controllerPort: number): string {
  const entrances = (node.entrances ?? []).map((entrance, index) => ({
    name: `ENTRANCE${index}`,
    ...entrance,
  }));
  const properties: KafkaProperties = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: [
      `PLAINTEXT://127.0.0.1:${node.port}`,
      `CONTROLLER://127.0.0.1:${controllerPort}`,
      ...entrances.map(({ name, port }) => `${name}://127.0.0.1:${port}`),
    ].join(),
    "advertised.listeners": [
      `PLAINTEXT://127.0.0.1:${node.port}`,
      ...entrances.map(({ name, advertised }) => `${name}://127.0.0.1:${advertised}`),
    ].join(),
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": [
      "PLAINTEXT:PLAINTEXT",
      "CONTROLLER:PLAINTEXT",
      ...entrances.map(({ name, protocol = "PLAINTEXT" }) => `${name}:${protocol}`),
    ].join(),
    "inter.broker.listener.name": "PLAINTEXT",
    // In its working directory, since Kafka would take a comma in the path for two folders.
    "log.dirs": "data",
    ...SINGLE_NODE,
    ...node.properties,
  };
  return asFile(properties);
}
