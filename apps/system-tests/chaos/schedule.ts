// A schedule of faults drawn from a seed, run while the load runs, and its report.
import { randomBytes } from "node:crypto";
import { recovery } from "./canary.ts";
import { check, type Verdict } from "./check/check.ts";
import { isClean } from "./check/finding.ts";
import { FAULTS } from "./faults/all.ts";
import { CALLBACK_SECRET } from "./faults/callbacks.ts";
import type { Fault } from "./faults/fault.ts";
import { takeLargeEvents } from "./faults/strangers.ts";
import { createJournal, type Ending, type Journal } from "./load/journal.ts";
import { startLoad } from "./load/load.ts";
import { createRandom, type Random } from "./load/random.ts";
import { type Receiver, startReceiver } from "./load/receiver.ts";
import { type System, startSystem } from "./system/system.ts";

export interface ScheduleOptions {
  readonly seed: number;
  /** For how long faults are drawn; where it is not given, each comes once, in an order drawn from the seed. */
  readonly durationMs?: number;
  /** Names to draw from; all of them where it is not given. */
  readonly faults?: readonly string[];
  readonly commandsPerSecond?: number;
  /** The checkout whose code runs. */
  readonly root?: string;
  /** Where the processes' logs are kept. */
  readonly logs?: string;
  say(line: string): void;
}

export interface FaultRecord {
  readonly name: string;
  readonly times: number;
  readonly worstRecoveryMs: number;
  readonly failures: readonly string[];
}

export interface Report {
  readonly seed: number;
  readonly faults: readonly FaultRecord[];
  readonly commands: Record<Ending, number>;
  readonly crashes: readonly string[];
  readonly verdict: Verdict;
  readonly passed: boolean;
}

/** A load generator on the same two cores can't fill the usual bounds, so these are smaller. */
const BOUNDS = { MILLRACE_REQUESTS_MAX: "1000", MILLRACE_APPEND_QUEUE_MAX: "300" };
const CLIENTS = 24;
const COMMANDS_PER_SECOND = 120;
/** The load runs undisturbed for a moment before each fault, so that there is something to disturb. */
const BETWEEN_FAULTS_MS = [500, 3_000] as const;

export async function runSchedule(options: ScheduleOptions): Promise<Report> {
  const { seed, say } = options;
  const random = createRandom(seed);
  const system = await startSystem({
    processes: { "command-api": 2, relay: 2, projector: 2, processes: 2, "query-api": 1 },
    environment: {
      ...BOUNDS,
      MILLRACE_CALLBACK_SECRETS: `payments=${CALLBACK_SECRET}`,
      MILLRACE_WEBHOOK_KEYS: randomBytes(32).toString("base64"),
      MILLRACE_WEBHOOK_INTERNAL_HOSTS: "localhost",
    },
    ...(options.root ? { root: options.root } : {}),
    ...(options.logs ? { logs: options.logs } : {}),
    say,
  });
  let receiver: Receiver | undefined;
  try {
    await system.ready();
    say(`seed ${seed}: system is up in ${system.directory}`);
    const commandUrls = system.ofKind("command-api").map(({ port }) => `http://127.0.0.1:${port}`);
    receiver = await startReceiver(commandUrls[0] ?? "");
    const journal = createJournal();
    const load = startLoad({
      commandUrls,
      kafka: system.client,
      journal,
      seed,
      clients: CLIENTS,
      commandsPerSecond: options.commandsPerSecond ?? COMMANDS_PER_SECOND,
    });
    const faults = await disturb(options, { system, journal, load, random });
    await load.stop();
    say(`load has ended after ${journal.entries().length} commands; waiting for rest, then checking`);
    await takeLargeEvents(system);
    const verdict = await check(system, journal, receiver.endpoints);
    const crashes = system.services.flatMap(({ name, crashes }) => crashes.map((how) => `${name}: ${how}`));
    const passed = isClean(verdict.findings) && faults.every(({ failures }) => failures.length === 0);
    return { seed, faults, commands: countsOf(journal), crashes, verdict, passed };
  } finally {
    await system.stop();
    await receiver?.stop();
  }
}

async function disturb(
  options: ScheduleOptions,
  context: { system: System; journal: Journal; load: ReturnType<typeof startLoad>; random: Random },
): Promise<FaultRecord[]> {
  const { random, system, journal } = context;
  const { say } = options;
  const records = new Map<
    string,
    { name: string; times: number; worstRecoveryMs: number; failures: string[] }
  >();
  const startedAt = Date.now();
  let count = 0;
  for (const fault of drawFaults(options, random)) {
    count++;
    await Bun.sleep(random.between(...BETWEEN_FAULTS_MS));
    const record = records.get(fault.name) ?? {
      name: fault.name,
      times: 0,
      worstRecoveryMs: 0,
      failures: [],
    };
    records.set(fault.name, record);
    record.times++;
    try {
      const what = await fault.run(context);
      const recoveryMs = Math.round(await recovery(system, journal, `${count}-${fault.name}`));
      record.worstRecoveryMs = Math.max(record.worstRecoveryMs, recoveryMs);
      say(`${elapsed(startedAt)} ${fault.name}: ${what}; back to normal after ${recoveryMs} ms`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      record.failures.push(message);
      say(`${elapsed(startedAt)} ${fault.name} FAILED: ${message}`);
    }
  }
  return [...records.values()];
}

function* drawFaults({ faults: names, durationMs }: ScheduleOptions, random: Random): Generator<Fault> {
  const known = names ? FAULTS.filter(({ name }) => names.includes(name)) : FAULTS;
  if (durationMs === undefined) {
    const left = [...known];
    while (left.length > 0) yield* left.splice(random.between(0, left.length), 1);
    return;
  }
  const urn = known.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  const startedAt = Date.now();
  while (Date.now() - startedAt < durationMs) yield random.pick(urn);
}

function elapsed(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, "0")}`;
}

function countsOf(journal: Journal): Record<Ending, number> {
  const count = (ending: Ending) => journal.count(ending);
  return {
    acknowledged: count("acknowledged"),
    submitted: count("submitted"),
    refused: count("refused"),
    unknown: count("unknown"),
  };
}
