// Starts everything in order, keeps it up, and ends it in the opposite order. Must never leave a process.

import { join } from "node:path";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { requireInstallation } from "@millrace/kafka/installation";
import { kafkaSecurity } from "@millrace/kafka/security";
import { type Guard, startGuard } from "@millrace/local/guard";
import { exposureOf } from "@millrace/platform/access-mode";
import { forgetAddresses, writeAddresses } from "@millrace/platform/addresses";
import { describe } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres } from "@millrace/platform/postgres";
import { shop } from "@millrace/shop/shop";
import { announcement } from "./announce.ts";
import { type App, hostOf, presentApps, processUnit, ready, requirePorts } from "./apps.ts";
import { callbackSecrets } from "./callback-secrets.ts";
import {
  findSources,
  openKafka,
  openPostgres,
  removeData,
  type Service,
  type Sources,
} from "./infrastructure.ts";
import { makeKeysToTry, scopesOf } from "./keys-to-try.ts";
import { type Lock, takeLock } from "./lock.ts";
import { type Logins, makeLogins } from "./logins.ts";
import { watchSources } from "./reload.ts";
import { openScreen, type Screen, wantsColours } from "./screen.ts";
import { HELP, readSettings, type Settings } from "./settings.ts";
import { createStanding, type Standing } from "./standing.ts";
import { untilStopped } from "./stop-signal.ts";
import { webhookKeys } from "./webhook-keys.ts";

const GROUPS_WITHIN_MS = 10_000;
const GROUPS_LOOK_EVERY_MS = 50;

/** What every step of the start has at hand. */
interface Launch {
  readonly settings: Settings;
  readonly guard: Guard;
  readonly screen: Screen;
  readonly standing: Standing;
}

interface Addresses {
  readonly databaseUrl: string;
  readonly brokers: string;
  /** Undefined where apps go on as DATABASE_URL says. */
  readonly logins?: Logins | undefined;
}

/** Runs until it is stopped, and ends this process: 0 after a stop, 1 when it could not start. */
export async function launch(words: string[]): Promise<never> {
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  // The reader of our output may be gone; a failed write must not keep us from ending the rest.
  process.stdout.on("error", () => {});
  const screen = openScreen(wantsColours(process.env, process.stdout.isTTY), (text) => {
    process.stdout.write(text);
  });
  const standing = createStanding(screen.say);
  const guard = startGuard();
  const stop = untilStopped();
  let lock: Lock | undefined;
  let directory = "";
  let code = 0;
  try {
    const settings = readSettings(words, process.env);
    directory = settings.directory;
    lock = takeLock(join(directory, "dev.lock"));
    const started = startAll({ settings, guard, screen, standing }, lock.afterCrash);
    await Promise.race([started, stop.asked]);
    await stop.asked;
    screen.say("stopping; once more stops at once");
  } catch (error) {
    code = stop.wasAsked() ? 0 : 1;
    if (code) screen.say(`cannot start: ${describe(error)}`);
  }
  await Promise.race([standing.end(), stop.askedAgain.then(() => standing.kill())]);
  // Ends what was only just being started.
  await guard.close();
  if (lock) forgetAddresses(directory);
  lock?.release();
  screen.say("stopped");
  process.exit(code);
}

async function startAll(launch: Launch, afterCrash: boolean): Promise<void> {
  const { settings, screen } = launch;
  const apps = presentApps(settings);
  await requirePorts(apps, settings.config.HOST, afterCrash);
  const sources = await findSources(settings);
  if (settings.fresh) {
    await removeData(settings, sources, launch.guard);
    screen.say("wiped the data of earlier runs");
  }
  const [postgres, { brokers, kafka }] = await Promise.all([
    preparePostgres(sources.postgres, launch),
    prepareKafka(sources.kafka, launch),
  ]);
  await holdNames(kafka, { databaseUrl: postgres.near ?? postgres.address, brokers });
  // What somebody else runs keeps the logins that it has.
  const logins =
    sources.postgres === "external" ? undefined : await makeLogins(postgres, settings, screen.say);
  // For `bun run ops`, which then needs to be told nothing.
  writeAddresses(settings.directory, {
    DATABASE_URL: logins?.ops ?? postgres.address,
    KAFKA_BROKERS: brokers,
    MILLRACE_KAFKA_PREFIX: settings.config.MILLRACE_KAFKA_PREFIX,
    ...ownKeysOf(settings),
  });
  const databaseUrl = postgres.near ?? postgres.address;
  const { mode } = exposureOf(settings.config);
  const keys = mode === "required" ? await makeKeysToTry(databaseUrl, scopesOf(shop)) : undefined;
  const running = await startApps(apps, { databaseUrl, brokers, logins }, launch);
  watchSources({
    root: settings.root,
    folders: apps.map((app) => app.folder),
    onChange: (folders, changed) => void reload({ folders, changed, apps }, launch),
    onUnwatched: (why) =>
      screen.say(`nothing restarts by itself when its source changes, since that can't be watched (${why})`),
  });
  screen.print(
    announcement({
      shop,
      apps: running,
      missing: apps.length - running.length,
      settings,
      mode,
      keys,
      databaseUrl: postgres.address,
      brokers,
      elapsed: screen.elapsed(),
    }),
  );
}

async function preparePostgres(source: Sources["postgres"], launch: Launch): Promise<Service> {
  const { say } = launch.screen;
  const service = await openPostgres(source, launch.settings, { guard: launch.guard, say });
  launch.standing.keepService("postgres", service);
  await blaming(
    source === "external" && "the schema could not be made in the database that DATABASE_URL names",
    migrate(service.address),
  );
  say("the database's schema is up to date");
  return service;
}

async function prepareKafka(source: Sources["kafka"], launch: Launch) {
  const { say } = launch.screen;
  const service = await openKafka(source, launch.settings, { guard: launch.guard, say });
  launch.standing.keepService("kafka", service);
  const log = createLog("dev", "silent");
  const kafka = createKafka({
    names: shop.kafkaNames,
    brokers: service.address.split(","),
    ...(source === "external" && { security: kafkaSecurity(launch.settings.config) }),
    prefix: launch.settings.config.MILLRACE_KAFKA_PREFIX,
    clientId: "dev",
    log,
  });
  await blaming(
    source === "external" && "the topics could not be made at the brokers that KAFKA_BROKERS names",
    ensureTopics(kafka, shop.topicSizing(launch.settings.config)),
  );
  await groupsWork(kafka);
  say("the topics are there");
  return { brokers: service.address, kafka };
}

/** Here rather than in each app: it is said once, and before anything else is started. */
async function holdNames(kafka: KafkaClient, { databaseUrl, brokers }: Addresses): Promise<void> {
  const { sql } = connectPostgres({ url: databaseUrl, name: "dev", connectionsMax: 1 });
  try {
    const log = createLog("dev", "silent");
    await requireInstallation({ sql, kafka, brokers: brokers.split(","), log });
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Says what could not be done on somebody else's server. @param attempted names the variable that a person looks at first */
async function blaming(attempted: string | false, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!attempted) throw error;
    throw new Error(attempted, { cause: error });
  }
}

/** A new broker first makes the topic in which it keeps groups; apps that join meanwhile would log a crash each. */
async function groupsWork(kafka: KafkaClient): Promise<void> {
  const admin = kafka.admin();
  const deadline = Date.now() + GROUPS_WITHIN_MS;
  await admin.connect();
  // Past the deadline all goes on: an app that joins too early tries again by itself.
  while (Date.now() < deadline) {
    const worked = await admin.fetchOffsets({ groupId: "dev" }).catch(() => undefined);
    if (worked) break;
    await Bun.sleep(GROUPS_LOOK_EVERY_MS);
  }
  await admin.disconnect();
}

/** Resolves to the apps that are ready. One that isn't stays supervised: a saved change may mend it. */
async function startApps(apps: App[], addresses: Addresses, launch: Launch): Promise<App[]> {
  const { settings, screen, guard, standing } = launch;
  const secrets = callbackSecrets(settings.config.MILLRACE_CALLBACK_SECRETS, shop.processes);
  const tools = {
    guard,
    root: settings.root,
    environment: {
      ...process.env,
      DATABASE_URL: addresses.databaseUrl,
      ...addresses.logins?.variables,
      KAFKA_BROKERS: addresses.brokers,
      COMMAND_API_URL: settings.commandApiUrl,
      QUERY_API_URL: settings.queryApiUrl,
      ...ownKeysOf(settings),
      ...(secrets && { MILLRACE_CALLBACK_SECRETS: secrets }),
    },
    drainMs: settings.config.MILLRACE_DRAIN_MS,
    line: screen.child,
  };
  const outcomes = await Promise.all(
    [...Map.groupBy(apps, (app) => app.process)].map(async ([name, together]) => {
      await standing.keepProcess(processUnit(name, together, tools));
      return Promise.all(together.map(async (app) => ((await whenReady(app, launch)) ? [app] : [])));
    }),
  );
  return outcomes.flat(2);
}

function ownKeysOf({ directory }: Settings): { MILLRACE_WEBHOOK_KEYS?: string } {
  const keys = webhookKeys(directory, process.env);
  return keys === undefined ? {} : { MILLRACE_WEBHOOK_KEYS: keys };
}

async function whenReady(app: App, { settings, screen }: Launch): Promise<boolean> {
  try {
    await ready(app, hostOf(app, settings.config));
    screen.say(`${app.name} is ready on port ${app.port}`);
    return true;
  } catch (error) {
    screen.say(error instanceof Error ? error.message : String(error));
    return false;
  }
}

async function reload(
  change: { folders: string[]; changed: string[]; apps: App[] },
  launch: Launch,
): Promise<void> {
  const processes = Map.groupBy(change.apps, (app) => app.process);
  const concerned = [...processes].filter(([, apps]) =>
    apps.some((app) => change.folders.includes(app.folder)),
  );
  launch.screen.say(
    `${change.changed.join(", ")} changed: restarting ${concerned.map(([name]) => name).join(", ")}`,
  );
  await Promise.all(
    concerned.map(async ([process, apps]) => {
      await launch.standing.processes.find(({ name }) => name === process)?.restart();
      await Promise.all(apps.map((app) => whenReady(app, launch)));
    }),
  );
}
