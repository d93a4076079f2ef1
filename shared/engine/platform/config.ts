// The environment as settings. Every bound that an operator may turn has its name, its unit and its reason here. Beside this
// package only the programs for development and tests read the environment.
import * as v from "valibot";
import { accessSettings, incompleteAccess } from "./access-settings.ts";
import { developmentDirectory, readAddresses } from "./addresses.ts";
import { type App, ownVariable } from "./apps.ts";
import { count, file, list, port, readBy, text } from "./config-fields.ts";
import { askDirectly } from "./directly.ts";
import { hostName, pageOrigin } from "./host-names.ts";
import { incompleteKafka, kafkaSettings } from "./kafka-settings.ts";
import { postgresAddress, withAuthority } from "./postgres-address.ts";
import { roleSettings } from "./role-settings.ts";
import { SECRETS, withSecretFiles } from "./secret-files.ts";
import { partitions, readTopicPartitions } from "./topic-partitions.ts";
import { tracingSettings } from "./tracing-settings.ts";
import { webhookSettings } from "./webhook-settings.ts";

// Before anything is asked: whatever reads the environment reaches this machine without a proxy.
askDirectly();

const minuteMs = 60_000;

export const configSchema = v.object({
  /** Where Postgres answers; postgres-address.ts reads it. */
  DATABASE_URL: v.pipe(text("postgres://millrace:millrace@127.0.0.1:5432/millrace"), readBy(postgresAddress)),
  ...roleSettings,
  /** The authority that vouches for Postgres; with it, DATABASE_URL asks for sslmode=verify-full. */
  DATABASE_CA_FILE: file,
  ...kafkaSettings,
  /** The address that every process listens on; 0.0.0.0 in containers. */
  HOST: text("127.0.0.1"),
  ...accessSettings,
  /**
   * Names under which all processes answer beside their own, separated by commas: shop.example.com, or .example.com for
   * every name below it. What a gateway or an ingress is called belongs here: shared/decisions/names-and-pages.md.
   */
  MILLRACE_HOSTS: list(hostName, "a name such as shop.example.com or .example.com, without scheme and port"),
  /** Origins whose pages may call and read the APIs, separated by commas: https://shop.example.com. */
  MILLRACE_CORS_ORIGINS: list(pageOrigin, "an origin such as https://shop.example.com, without a path"),
  COMMAND_API_PORT: port(3001),
  QUERY_API_PORT: port(3002),
  CONSOLE_PORT: port(8080),
  /** Where the console listens, if not on HOST: it can change what others only read. */
  CONSOLE_HOST: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** Whose health the console shows: process=host:port, separated by commas; the usual ports of this machine without. */
  MILLRACE_PROCESSES: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^[a-z-]+=[^:=,\s]+:\d+(,[a-z-]+=[^:=,\s]+:\d+)*$/,
        "expected process=host:port, separated by commas",
      ),
      v.transform((processes) =>
        processes.split(",").map((process) => {
          const [, name = "", host = "", port] = /^(.+)=(.+):(\d+)$/.exec(process) ?? [];
          return { name, host, port: Number(port) };
        }),
      ),
    ),
  ),
  /** Health and metrics of the processes that serve nothing else. */
  RELAY_PORT: port(3003),
  PROJECTOR_PORT: port(3004),
  PROCESSES_PORT: port(3005),
  PROXY_PORT: port(3006),
  /** What the proxy forwards: port=host:port, separated by commas. */
  MILLRACE_PROXY_ROUTES: v.pipe(
    text("3001=command-api:3001,3002=query-api:3002"),
    v.regex(/^\d+=[^:=,\s]+:\d+(,\d+=[^:=,\s]+:\d+)*$/, "expected port=host:port, separated by commas"),
    v.transform((routes) =>
      routes.split(",").map((route) => {
        const [, port, host = "", hostPort] = /^(\d+)=(.+):(\d+)$/.exec(route) ?? [];
        return { port: Number(port), host, hostPort: Number(hostPort) };
      }),
    ),
  ),
  /** The command API as clients reach it: where the query API redirects writes to. */
  COMMAND_API_URL: text("http://localhost:3001"),
  /** The query API as clients reach it: where the command API's start page sends readers. */
  QUERY_API_URL: text("http://localhost:3002"),
  /** The console as browsers reach it, if not on CONSOLE_PORT of this machine. */
  CONSOLE_URL: v.optional(v.pipe(v.string(), v.url("expected a URL such as https://console.example.com"))),
  LOG_LEVEL: v.optional(v.picklist(["debug", "info", "warn", "error", "silent"]), "info"),
  /** One shop, one currency, ISO 4217: sums of money have a meaning. A store keeps to its first one. */
  MILLRACE_CURRENCY: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (code) => Intl.supportedValuesOf("currency").includes(code),
        "expected the ISO 4217 code of a currency, such as USD",
      ),
    ),
    "USD",
  ),

  /**
   * Partitions of a topic when it is created: the most projector workers that can share it. Of one category's topic alone
   * MILLRACE_<CATEGORY>_PARTITIONS says it; see `topicPartitions`.
   */
  MILLRACE_TOPIC_PARTITIONS: partitions(2),
  /** Stands before the names of our topics and groups in Kafka, so that several installations share a cluster. */
  MILLRACE_KAFKA_PREFIX: v.optional(
    v.pipe(
      v.string(),
      // Kafka takes 249 characters for a topic; the longest name after it has some twenty.
      v.regex(/^[A-Za-z0-9._-]{0,200}$/, "expected up to 200 letters, digits, dots, underscores and hyphens"),
    ),
    "",
  ),
  /** Copies of each partition; 3 on a cluster of three brokers or more. */
  MILLRACE_REPLICATION: count(1, 7),

  /** Commands that may wait for the append batcher before callers get 503: about a third of a second's work. */
  MILLRACE_APPEND_QUEUE_MAX: count(5_000, 1_000_000),
  /**
   * Bytes of their events, as they are printed, before callers get 503: some seventy of the largest commands, or all
   * that may wait of usual ones. What a command was parsed into takes some three times as much beside.
   */
  MILLRACE_APPEND_QUEUE_BYTES_MAX: count(33_554_432, 1_073_741_824),
  /** Commands in one append statement: past this, a larger statement no longer saves per command. */
  MILLRACE_APPEND_BATCH_MAX: count(200, 5_000),
  /** Append statements under way at once, each on its own connection: two keep the disk and the parser busy. */
  MILLRACE_APPEND_FLIGHTS_MAX: count(2, 16),
  /**
   * Longest time, ms, that a command is decided again and again because other processes change the same stream, before
   * it is answered 409: dozens of tries, and shorter than clients wait.
   */
  MILLRACE_RACE_MS_MAX: count(5_000, 60_000),
  /** Largest request body, bytes. An event holds its content twice, and Kafka's own bound is 1,048,588. */
  MILLRACE_BODY_BYTES_MAX: count(262_144, 262_144),
  /** Topics that replies to commands from Kafka may go to, separated by commas, * for any characters; none for any. */
  MILLRACE_REPLY_TOPICS: list(
    (word) => (/^[A-Za-z0-9._*-]+$/.test(word) ? word : undefined),
    "names of topics, separated by commas",
  ),
  /**
   * Bytes of the bodies that one process reads or works on at once; the rest get 503. What a body is parsed into,
   * and what is stored of it, take some twenty times as much beside: within the 384 MiB of its container.
   */
  MILLRACE_BODIES_BYTES_MAX: count(8_388_608, 1_073_741_824, 1_048_576),
  /** Requests that one process works on at once; the rest get 503. */
  MILLRACE_REQUESTS_MAX: count(10_000, 1_000_000),
  /** How long stored answers to idempotency keys are kept, days; 0 keeps them for ever. */
  MILLRACE_IDEMPOTENCY_RETENTION_DAYS: count(0, 36_500, 0),

  /** Between the relay's looks at the outbox when no notification came. */
  MILLRACE_RELAY_POLL_MS: count(1_000, minuteMs),
  /** Records in one relay publish. */
  MILLRACE_RELAY_BATCH_MAX: count(1_000, 50_000),

  /** Records that one partition's actor may hold in its mailbox before its partition is paused. */
  MILLRACE_MAILBOX_RECORDS_MAX: count(2_000, 100_000),
  /** Records in one projection transaction; fewer where they are large, see shared/engine/projector/size.ts. */
  MILLRACE_PROJECTION_BATCH_MAX: count(1_000, 50_000),
  /** Tries of a record that fails before it is parked. */
  MILLRACE_RECORD_ATTEMPTS_MAX: count(5, 100),
  /** Between the samples in which rows are compared with what the event store says; 0 for none. */
  MILLRACE_AUDIT_MS: count(10_000, 24 * 60 * minuteMs, 0),

  ...webhookSettings,

  /** From SIGTERM to exit: in-flight work is finished or handed over within it. */
  MILLRACE_DRAIN_MS: count(10_000, 10 * minuteMs),

  ...tracingSettings,
});

export interface Config extends v.InferOutput<typeof configSchema> {
  /** By category, where the environment says it of one alone. */
  readonly topicPartitions: Readonly<Record<string, number>>;
  /** What it says of Millrace beside all that: the shop's own settings are among it; shop-variables.ts reads them. */
  readonly shopVariables: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and checks the environment.
 * @throws InvalidConfig naming each variable that is wrong and why; nothing starts on a half-read configuration.
 */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const secrets = withSecretFiles(environment);
  const given = Object.fromEntries(
    Object.entries(secrets.environment).filter(
      ([name, value]) => name in configSchema.entries && value !== undefined,
    ),
  );
  const parsed = v.safeParse(configSchema, given);
  const reasons = parsed.success
    ? [...incompleteAccess(parsed.output), ...incompleteKafka(parsed.output, given.KAFKA_BROKERS)]
    : parsed.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  const topics = readTopicPartitions(secrets.environment);
  const all = [...secrets.reasons, ...reasons, ...topics.reasons];
  if (!parsed.success || all.length > 0) throw new InvalidConfig(all);
  const { DATABASE_URL, DATABASE_CA_FILE } = parsed.output;
  const others = Object.entries(secrets.environment).filter(
    ([name]) => name.startsWith("MILLRACE_") && !(name in configSchema.entries),
  );
  return {
    ...parsed.output,
    topicPartitions: topics.topicPartitions,
    shopVariables: Object.fromEntries(others),
    DATABASE_URL: withAuthority(DATABASE_URL, DATABASE_CA_FILE),
  };
}

/**
 * What the environment says otherwise than it is by default, and no secret among it: of a shop's own variables only their
 * names, since nobody here knows what they hold.
 */
export function publicSettings(config: Config): Record<string, unknown> {
  const defaults: Record<string, unknown> = { ...readConfig({}) };
  const { shopVariables, ...known } = config;
  const named = Object.keys(shopVariables).sort();
  const isSecret = (name: string) => (SECRETS as readonly string[]).includes(name);
  const said = Object.fromEntries(
    Object.entries(known).filter(
      ([name, value]) => !isSecret(name) && JSON.stringify(value) !== JSON.stringify(defaults[name]),
    ),
  );
  return named.length > 0 ? { ...said, alsoSet: named } : said;
}

/**
 * As `readConfig`, for tools that work on a system that runs: where the environment names no addresses, those that
 * `bun run dev` has left.
 */
export function readConfigBesideDev(environment: Record<string, string | undefined> = process.env): Config {
  const left: Record<string, string> = {
    ...readAddresses(developmentDirectory(environment.MILLRACE_DIRECTORY)),
  };
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  // What a file is said to hold is not said twice.
  const unsaid = Object.entries(left).filter(([name]) => !(`${name}_FILE` in given));
  return readAppConfig("ops", { ...Object.fromEntries(unsaid), ...given });
}

/**
 * As `readConfig`, for one app: `RELAY_DATABASE_URL` is the relay's alone, where several apps have one environment, and
 * counts more than DATABASE_URL.
 */
export function readAppConfig(
  app: App,
  environment: Record<string, string | undefined> = process.env,
): Config {
  const own = environment[ownVariable(app, "DATABASE_URL")];
  return readConfig(own ? { ...environment, DATABASE_URL: own, DATABASE_URL_FILE: undefined } : environment);
}

/** Says all that is wrong, and nothing of where in the code that was found out. */
export class InvalidConfig extends Error {
  constructor(reasons: readonly string[]) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`The environment is not usable:\n  ${reasons.join("\n  ")}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "InvalidConfig";
  }
}
