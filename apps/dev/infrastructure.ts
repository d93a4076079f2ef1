// Postgres and Kafka for `bun run dev`: those that the environment names, our own, or those of compose.yaml.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  composePort,
  dockerAnswers,
  hasComposeFile,
  removeComposeData,
  startComposeService,
} from "@millrace/local/docker";
import type { Guard } from "@millrace/local/guard";
import { startKafka } from "@millrace/local/kafka";
import { missingForKafka } from "@millrace/local/kafka-jars";
import { freePort, isPortFree, portHolder } from "@millrace/local/ports";
import { startPostgres } from "@millrace/local/postgres";
import { removePostgresData } from "@millrace/local/postgres-programs";
import { chooseSource, type Source } from "./choose-source.ts";
import type { Settings } from "./settings.ts";
import type { Unit } from "./supervise.ts";

/** Postgres or Kafka, as the rest of the launcher sees it. */
export interface Service {
  /** DATABASE_URL or KAFKA_BROKERS. */
  readonly address: string;
  /** A cheaper address for our own processes, where there is one. */
  readonly near?: string;
  /** The server that we keep up and end; undefined where somebody else runs it. */
  readonly unit?: Unit;
}

export interface Sources {
  readonly postgres: Source;
  readonly kafka: Source;
}

const USUAL_POSTGRES_PORT = 5432;
const USUAL_KAFKA_PORT = 9092;

/** @throws with what to install, where nothing can work. */
export async function findSources(settings: Settings): Promise<Sources> {
  const missing = missingForKafka(settings.cache);
  const canCompose = hasComposeFile(settings.root);
  return chooseSource({
    databaseUrl: settings.databaseUrl,
    brokers: settings.brokers,
    dockerAsked: settings.docker,
    missing,
    canCompose,
    // Asked only where the answer matters: a hanging daemon costs seconds.
    dockerAnswers: (settings.docker || missing.length > 0) && canCompose && (await dockerAnswers()),
  });
}

export async function openPostgres(source: Source, settings: Settings, tools: Tools): Promise<Service> {
  if (source === "external") return { address: settings.databaseUrl ?? settings.config.DATABASE_URL };
  if (source === "compose") {
    const { port, unit } = await composed(
      "postgres",
      settings.postgresPort,
      USUAL_POSTGRES_PORT,
      settings,
      tools,
    );
    return { address: composedDatabaseUrl(settings, port), unit };
  }
  const port = await choosePort("postgres", settings, settings.postgresPort, USUAL_POSTGRES_PORT);
  const directory = join(settings.data, "postgres");
  const unit = await startPostgres({ directory, port, guard: tools.guard, say: tools.say });
  tools.say(`Postgres is up on port ${port}`);
  return { address: unit.url, near: unit.nearUrl, unit };
}

export async function openKafka(source: Source, settings: Settings, tools: Tools): Promise<Service> {
  if (source === "external") return { address: settings.brokers ?? settings.config.KAFKA_BROKERS.join(",") };
  if (source === "compose") {
    const { port, unit } = await composed("kafka", settings.kafkaPort, USUAL_KAFKA_PORT, settings, tools);
    return { address: `localhost:${port}`, unit };
  }
  const port = await choosePort("kafka", settings, settings.kafkaPort, USUAL_KAFKA_PORT);
  const directory = join(settings.data, "kafka");
  const unit = await startKafka({
    directory,
    cache: settings.cache,
    port,
    guard: tools.guard,
    say: tools.say,
  });
  tools.say(`Kafka is up on port ${port}`);
  return { address: unit.broker, unit };
}

/** Removes what earlier runs stored; the jars stay. */
export async function removeData(settings: Settings, sources: Sources, guard: Guard): Promise<void> {
  if (Object.values(sources).includes("compose")) await removeComposeData({ root: settings.root, guard });
  removePostgresData(join(settings.data, "postgres"));
  rmSync(settings.data, { recursive: true, force: true });
}

export interface Tools {
  readonly guard: Guard;
  readonly say: (line: string) => void;
}

/** Starts a service of compose.yaml. One that runs already keeps its port. */
async function composed(
  service: "postgres" | "kafka",
  named: number | undefined,
  usual: number,
  settings: Settings,
  tools: Tools,
): Promise<{ port: number; unit: Unit }> {
  const running = await composePort({ root: settings.root, guard: tools.guard }, service, usual);
  const port = running ?? (await choosePort(service, settings, named, usual));
  const environment = { [`MILLRACE_${service.toUpperCase()}_PORT`]: String(port) };
  const unit = await startComposeService({ root: settings.root, service, guard: tools.guard, environment });
  tools.say(`${unit.name} is up in a container on port ${port}`);
  return { port, unit };
}

function composedDatabaseUrl({ config }: Settings, port: number): string {
  const url = new URL(config.DATABASE_URL);
  url.port = String(port);
  // As compose.yaml reads it.
  url.password = process.env.MILLRACE_POSTGRES_PASSWORD || url.password;
  return url.href;
}

/**
 * The port that the environment names; else that of the last run, so that addresses noted elsewhere stay true;
 * else the usual one; and where neither is free, any.
 */
async function choosePort(
  name: "postgres" | "kafka",
  settings: Settings,
  named: number | undefined,
  usual: number,
): Promise<number> {
  if (named !== undefined) {
    if (await isPortFree(named)) return named;
    const holder = portHolder(named) ?? "another program";
    throw new Error(
      `port ${named} is held by ${holder}: set MILLRACE_${name.toUpperCase()}_PORT to a free one, or leave it out`,
    );
  }
  const path = join(settings.data, `${name}.port`);
  const port = await freePort(portIn(path) ?? usual);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, String(port));
  return port;
}

function portIn(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
