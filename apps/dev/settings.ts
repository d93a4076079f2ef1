// What `bun run dev` was asked for: its words and its environment, in one value.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { developmentDirectory } from "@millrace/platform/addresses";
import { type Config, readConfig } from "@millrace/platform/config";
import { shopSettings } from "@millrace/shop/settings";
import { shop } from "@millrace/shop/shop";

export interface Settings {
  readonly root: string;
  readonly config: Config;
  /** Start over: wipe the data first. */
  readonly fresh: boolean;
  /** Take Postgres and Kafka from compose.yaml. */
  readonly docker: boolean;
  /** Holds data/, which --fresh wipes, and cache/, which it keeps. */
  readonly directory: string;
  readonly data: string;
  readonly cache: string;
  /** Named by the environment, so used as they are. */
  readonly databaseUrl: string | undefined;
  readonly brokers: string | undefined;
  /** Named by the environment; otherwise the usual port or a free one. */
  readonly postgresPort: number | undefined;
  readonly kafkaPort: number | undefined;
  /** Under which the query API and people reach the command API. */
  readonly commandApiUrl: string;
  readonly queryApiUrl: string;
}

export const HELP = `bun run dev [--fresh] [--docker]

  --fresh   wipe the data of earlier runs first
  --docker  take Postgres and Kafka from compose.yaml

Environment, beside what shared/engine/platform/config.ts names:
  DATABASE_URL, KAFKA_BROKERS                    use these instead of starting our own
  MILLRACE_POSTGRES_PORT, MILLRACE_KAFKA_PORT    ports of our own; default 5432 and 9092 or free ones
  MILLRACE_DIRECTORY                             where data and jars are kept; default .millrace
`;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Partitions, in a new stack, of a busy aggregate's topic: as many as cores. Each partition has a thread, with a batch of its
 * own at every publish, and threads without a core only make more and smaller batches.
 */
const PARTITIONS_LEAST = 2;
const PARTITIONS_MOST = 8;

/** @throws for words and variables that nothing reads. */
export function readSettings(words: string[], environment: Record<string, string | undefined>): Settings {
  const { values } = parseArgs({
    args: words,
    options: { fresh: { type: "boolean", default: false }, docker: { type: "boolean", default: false } },
  });
  const partitions = Math.min(Math.max(availableParallelism(), PARTITIONS_LEAST), PARTITIONS_MOST);
  const busy = shop.aggregates.filter((aggregate) => aggregate.partitions !== undefined);
  const config = readConfig({
    ...Object.fromEntries(
      busy.map(({ name }) => [`MILLRACE_${name.toUpperCase()}_PARTITIONS`, `${partitions}`]),
    ),
    ...environment,
  });
  // What the shop refuses is said before anything is started, as what the engine refuses is.
  shopSettings(config);
  const directory = developmentDirectory(environment.MILLRACE_DIRECTORY);
  return {
    root: ROOT,
    config,
    fresh: values.fresh,
    docker: values.docker,
    directory,
    data: join(directory, "data"),
    cache: join(directory, "cache"),
    databaseUrl: environment.DATABASE_URL ? config.DATABASE_URL : undefined,
    brokers: environment.KAFKA_BROKERS ? config.KAFKA_BROKERS.join(",") : undefined,
    postgresPort: portIn("MILLRACE_POSTGRES_PORT", environment),
    kafkaPort: portIn("MILLRACE_KAFKA_PORT", environment),
    commandApiUrl: environment.COMMAND_API_URL || `http://localhost:${config.COMMAND_API_PORT}`,
    queryApiUrl: environment.QUERY_API_URL || `http://localhost:${config.QUERY_API_PORT}`,
  };
}

function portIn(name: string, environment: Record<string, string | undefined>): number | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name} is "${text}"; expected a port number`);
}
